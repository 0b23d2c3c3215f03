//! Data sets on disk, whatever their layout.

mod classes;
mod error;
mod files;
mod layout;
mod left_out;
#[cfg(feature = "parquet")]
mod parquet_files;
mod resplit;
mod shards;
mod tfds;
mod web;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::DataError;
use crate::labels::{self, LabelPolicy};
use crate::records::LabelRange;
use crate::source::Source;
use crate::split_name;

pub use error::DatasetError;
pub use layout::{Layout, lies_in};
pub use left_out::LeftOut;

/// A data set on disk: its classes and splits, in whichever [`Layout`] it lies.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # for image in ["train/cat/1.jpg", "train/dog/2.jpg", "val/dog/3.jpg"] {
/// #     let path = dir.path().join(image);
/// #     std::fs::create_dir_all(path.parent().unwrap())?;
/// #     std::fs::write(path, "")?;
/// # }
/// use resnet_data::{Dataset, DatasetOptions, Layout};
///
/// let pets = Dataset::open(dir.path(), &DatasetOptions::default())?;
/// assert_eq!(pets.layout(), Layout::SplitFolders);
/// assert_eq!(pets.classes(), ["cat", "dog"]);
/// assert_eq!(pets.splits(), ["train", "validation"]);
/// let validation = pets.split("validation").unwrap();
/// assert_eq!(validation.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Dataset {
    root: PathBuf,
    layout: Layout,
    classes: Vec<String>,
    splits: Splits,
    left_out: Vec<LeftOut>,
    /// Names of labels of which several may be true of an image.
    labels: Vec<String>,
}

/// Names of splits and their images.
type Splits = Vec<(String, Arc<dyn Source>)>;

/// What a data set does not say of itself. The default fits all that do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatasetOptions {
    /// The layout, if it is not to be recognised.
    pub layout: Option<Layout>,
    /// The label of the first class, where labels are numbers. Without it that of `dataset.json`, else 1
    /// for TFRecord shards and 0 for other layouts.
    pub label_offset: Option<u32>,
    /// Number of classes, where labels are numbers and nothing names them. Without it 1000 for
    /// TFRecord shards; else what the largest label asks for.
    pub num_classes: Option<u32>,
    /// A file that keeps the names in class folders, so that a folder that has not changed is not
    /// listed again ([`ImageFiles::folder_cached`](crate::ImageFiles::folder_cached)). Where there are folders
    /// for splits, each has its own file, with `-SPLIT` behind this name.
    pub cache: Option<PathBuf>,
    /// Whether lines of a manifest that cannot be used, and class folders without an image, are left
    /// out and listed by [`Dataset::left_out`], so that all of them can be told at once. Otherwise the
    /// first is an error.
    pub leave_out: bool,
    /// What images share that must stay in the same split ([`Source::group`]). Without it, the column
    /// `group` of a manifest if there is one.
    pub group: Option<GroupBy>,
    /// Further columns of a manifest that are kept for [`Source::column`].
    pub columns: Vec<String>,
    /// Columns of a manifest that say 1 or 0 and stand in place of `label`: any number of these labels
    /// may be true of an image ([`Dataset::labels`]).
    pub labels: Vec<String>,
    /// What those of `labels` are taken for whose column says `-1` or `uncertain`, as CheXpert's do.
    /// Without it such a line cannot be used.
    pub uncertain: Option<LabelPolicy>,
    /// What those of `labels` are taken for whose column is empty. Without it such a line cannot be used.
    pub unmentioned: Option<LabelPolicy>,
}

/// What makes images a group, such as those of one patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupBy {
    /// The same word in this column of a manifest.
    Column(String),
    /// The same file name up to the first such character; for images in files of their own.
    NameUntil(char),
}

impl Dataset {
    /// Opens a folder, or a file with the extension `csv`, `tsv`, `tar` or `parquet`.
    ///
    /// Labels are counted from 0 in every layout, and all splits number the classes the same. `val`,
    /// `valid` and `validation` name the same split, which is reported as `validation`.
    ///
    /// # Errors
    ///
    /// If no layout is recognised, or what there is contradicts it. Every message names the place and
    /// the remedy.
    pub fn open(path: &Path, options: &DatasetOptions) -> Result<Self, DatasetError> {
        let layout = options.layout.map_or_else(|| layout::recognise(path), Ok)?;
        options.check_fits(path, layout)?;
        let mut left_out = Vec::new();
        let (classes, splits) = match layout {
            Layout::Shards => shards::open(path, options)?,
            Layout::Tfds => tfds::open(path, options)?,
            Layout::ClassFolders => files::class_folders(path, options, &mut left_out)?,
            Layout::SplitFolders => files::split_folders(path, options, &mut left_out)?,
            Layout::Manifest => files::manifest(path, options, &mut left_out)?,
            Layout::WebDataset => web::open(path, options)?,
            #[cfg(feature = "parquet")]
            Layout::Parquet => parquet_files::open(path, options)?,
            #[cfg(not(feature = "parquet"))]
            Layout::Parquet => return Err(DatasetError::NotBuiltIn { path: path.to_owned() }),
        };
        if splits.is_empty() {
            let found = format!("nothing that is {layout}");
            return Err(DatasetError::NotRecognised { path: path.to_owned(), found });
        }
        let labels = options.labels.clone();
        Ok(Self { left_out, labels, ..Self::new(path, layout, classes, splits)? })
    }

    /// A data set of a program's own: other classes or splits of images that lie at `root` in this
    /// layout. The label of every image is its place in `classes`.
    ///
    /// # Errors
    ///
    /// If a split is there twice or has no image.
    pub fn new(
        root: &Path,
        layout: Layout,
        classes: Vec<String>,
        splits: Vec<(String, Arc<dyn Source>)>,
    ) -> Result<Self, DatasetError> {
        let splits = sorted(root, splits)?;
        let (root, left_out, labels) = (root.to_owned(), Vec::new(), Vec::new());
        Ok(Self { root, layout, classes, splits, left_out, labels })
    }

    /// The file or folder that was opened.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The names in the `classes.json` or `classes.txt` of `folder`, in the order of their labels, without
    /// a look at the images; `None` if there is no such file.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or is no list of names.
    pub fn class_names(folder: &Path) -> Result<Option<Vec<String>>, DatasetError> {
        classes::beside(folder)
    }

    /// The layout that was recognised.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// The names of the classes; the position is the label. `0`, `1` and so on where no names are
    /// known.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The labels of which any number may be true of an image; empty where each image has one class. A
    /// class is then a set of labels, such as `edema + mass` or `none`.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// For each class the places of its labels among [`labels`](Self::labels); empty where each image has
    /// one class.
    pub fn label_sets(&self) -> Vec<Vec<usize>> {
        self.sets().map(|[true_ones, _]| true_ones).collect()
    }

    /// For each class the places of the labels of which nobody knows whether they are true
    /// ([`LabelPolicy::Ignore`]); empty where there is none.
    pub fn unknown_labels(&self) -> Vec<Vec<usize>> {
        let unknown: Vec<Vec<usize>> = self.sets().map(|[_, unknown]| unknown).collect();
        if unknown.iter().all(Vec::is_empty) { Vec::new() } else { unknown }
    }

    /// The true and the unknown labels of each class; none where images have one class.
    fn sets(&self) -> impl Iterator<Item = [Vec<usize>; 2]> {
        let classes = if self.labels.is_empty() { &[] } else { &self.classes[..] };
        classes.iter().map(|name| labels::set_of_name(name, &self.labels))
    }

    /// What a network for these images tells apart: the labels, or the classes where each image has one.
    pub fn outputs(&self) -> &[String] {
        if self.labels.is_empty() { &self.classes } else { &self.labels }
    }

    /// The splits: training, validation, test, then others by name; only `all` where the layout has
    /// none.
    pub fn splits(&self) -> Vec<&str> {
        self.splits.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// What was left out, in the order in which it stands; always empty without
    /// [`DatasetOptions::leave_out`].
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// The images of a split.
    pub fn split(&self, name: &str) -> Option<Arc<dyn Source>> {
        let name = split_name::usual(name);
        let (_, images) = self.splits.iter().find(|(known, _)| known == name)?;
        Some(Arc::clone(images))
    }

    /// What [`splits`](Self::splits) calls the split `name`: `validation` for `val`. `None` if there is no such split.
    pub fn split_name(&self, name: &str) -> Option<&str> {
        let name = split_name::usual(name);
        self.splits().into_iter().find(|known| *known == name)
    }
}

impl fmt::Debug for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dataset")
            .field("layout", &self.layout)
            .field("classes", &self.classes.len())
            .field("splits", &self.splits())
            .finish()
    }
}

/// The splits in order; each is there once and has an image.
fn sorted(path: &Path, mut splits: Splits) -> Result<Splits, DatasetError> {
    splits.sort_by(|(a, _), (b, _)| split_name::compare(a, b));
    if let Some((_, empty)) = splits.iter().find(|(_, images)| images.is_empty()) {
        return Err(DataError::Empty { source_name: empty.describe() }.into());
    }
    match splits.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        Some(pair) => {
            let (path, split) = (path.to_owned(), pair[0].0.clone());
            let (first, second) = (pair[0].1.describe(), pair[1].1.describe());
            Err(DatasetError::SplitTwice { path, split, first, second })
        }
        None => Ok(splits),
    }
}

impl DatasetOptions {
    /// Whether what is asked for can be had in this layout.
    fn check_fits(&self, path: &Path, layout: Layout) -> Result<(), DatasetError> {
        let by_column = matches!(self.group, Some(GroupBy::Column(_)))
            || !self.columns.is_empty()
            || !self.labels.is_empty();
        let by_name = matches!(self.group, Some(GroupBy::NameUntil(_)));
        let files = [Layout::Manifest, Layout::ClassFolders, Layout::SplitFolders];
        let problem = if by_column && layout != Layout::Manifest {
            "only a manifest has columns: list the images in a .csv file with the columns path, label \
             and the one that is asked for; groups of images in folders can go by their file names"
        } else if by_name && !files.contains(&layout) {
            "groups by file name need images in files of their own, not in {layout}"
        } else {
            return Ok(());
        };
        Err(DatasetError::content(path, problem.replace("{layout}", &layout.to_string())))
    }

    /// The numbering of labels that start from `offset` if nothing else is asked for.
    fn labels(&self, offset: u32, num_classes: usize) -> LabelRange {
        let num_classes = u32::try_from(num_classes).unwrap_or(u32::MAX);
        LabelRange { num_classes, offset: self.label_offset.unwrap_or(offset) }
    }
}
