//! What lies in a raw folder, and which images and labels that makes.

mod devkit;
mod folders;
mod labels;
mod matlab;
mod tars;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::PrepareError;
use super::listing::Listing;
use super::options::RawLayout;
use crate::error::list_for_message;
use labels::ValidationLabels;

pub(super) use tars::{PUBLISHED_TRAIN_MD5, PUBLISHED_VAL_MD5};

/// Where the parts of a data set are.
pub(super) struct Found {
    pub(super) layout: RawLayout,
    pub(super) train: Part,
    pub(super) validation: Part,
    /// Folders in which files with labels and class names may be.
    papers: Vec<PathBuf>,
}

/// Images of a split.
pub(super) enum Part {
    /// A tar file.
    Tar(PathBuf),
    /// A folder with a folder for each class.
    Classes(PathBuf),
    /// A folder with all images.
    Flat(PathBuf),
}

/// Everything that is to be prepared.
pub(super) struct RawData {
    /// Sorted; the position is the class number.
    pub(super) classes: Vec<Class>,
    pub(super) train: Listing,
    pub(super) validation: Listing,
    /// Files beside the images that are none.
    pub(super) ignored: Vec<String>,
    /// The file that validation labels come from.
    pub(super) labels: Option<PathBuf>,
}

/// A class.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(super) struct Class {
    /// The synset (`n01440764`), or the name of the class's folder.
    pub(super) id: String,
    /// Words for people; the identifier where there are none.
    pub(super) name: String,
}

/// Recognises the layout of `raw`; nothing but names is looked at.
///
/// The order matters where several are there. Kaggle's folders have a name that means nothing else.
/// Archives come before folders, because folders beside them are what somebody unpacked from them,
/// perhaps not to the end.
pub(super) fn find(raw: &Path, wanted: Option<RawLayout>) -> Result<Found, PrepareError> {
    let candidates = [
        (RawLayout::Kaggle, kaggle as fn(&Path) -> Option<Found>),
        (RawLayout::Tars, tar_files),
        (RawLayout::Reference, class_folders),
    ];
    // The last two share their training folder and differ in the other.
    let same = |layout| match wanted {
        Some(RawLayout::SplitFolders) => layout == RawLayout::Reference,
        Some(wanted) => layout == wanted,
        None => true,
    };
    let found = candidates.iter().filter(|(layout, _)| same(*layout)).find_map(|(_, f)| f(raw));
    match found {
        Some(found) if wanted.is_none_or(|wanted| wanted == found.layout) => Ok(found),
        _ => Err(missing(
            raw,
            "training and validation images (ILSVRC2012_img_train.tar and ILSVRC2012_img_val.tar, \
             train/ and validation/ or val/, or Data/CLS-LOC/train and val/)",
            "Name the folder that holds them",
        )),
    }
}

fn kaggle(raw: &Path) -> Option<Found> {
    // The archive unpacks to ILSVRC/, with the CSV files beside it.
    let inner = [raw.join("ILSVRC"), raw.to_owned()];
    let base = inner.into_iter().find(|base| base.join("Data/CLS-LOC").is_dir())?;
    let data = base.join("Data/CLS-LOC");
    let mut papers = vec![raw.to_owned(), base.clone()];
    if base == raw {
        papers.extend(raw.parent().map(Path::to_owned));
    }
    let validation = validation_folder(&data.join("val"));
    let train = Part::Classes(data.join("train"));
    Some(Found { layout: RawLayout::Kaggle, train, validation, papers })
}

fn tar_files(raw: &Path) -> Option<Found> {
    let (train, val) = (raw.join(tars::TRAIN), raw.join(tars::VAL));
    let there = train.is_file() && val.is_file();
    there.then(|| Found {
        layout: RawLayout::Tars,
        train: Part::Tar(train),
        validation: Part::Tar(val),
        papers: vec![raw.to_owned()],
    })
}

fn class_folders(raw: &Path) -> Option<Found> {
    let train = raw.join("train");
    let validation = [raw.join("validation"), raw.join("val")].into_iter().find(|f| f.is_dir())?;
    let validation = validation_folder(&validation);
    let layout = match validation {
        Part::Classes(_) => RawLayout::SplitFolders,
        _ => RawLayout::Reference,
    };
    let papers = vec![raw.to_owned()];
    train.is_dir().then_some(Found { layout, train: Part::Classes(train), validation, papers })
}

fn validation_folder(path: &Path) -> Part {
    match folders::has_class_folders(path) {
        true => Part::Classes(path.to_owned()),
        false => Part::Flat(path.to_owned()),
    }
}

impl Found {
    /// The paths of both parts, relative to `raw` where they lie in it.
    pub(super) fn describe(&self, raw: &Path) -> [String; 2] {
        [&self.train, &self.validation].map(|part| {
            let path = part.path();
            path.strip_prefix(raw).unwrap_or(path).display().to_string()
        })
    }

    /// Lists all images with their classes.
    pub(super) fn list(&self) -> Result<RawData, PrepareError> {
        let mut ignored = Vec::new();
        let known = labels::class_names(&self.papers)?;
        let (train, ids) = match &self.train {
            Part::Tar(path) => tars::train(path, &mut ignored)?,
            Part::Classes(path) | Part::Flat(path) => folders::by_class(path, &mut ignored)?,
        };
        let classes = classes_of(ids, &known)?;
        let (validation, labels) = self.list_validation(&classes, &mut ignored)?;
        check_classes(&classes, &train, &validation)?;
        Ok(RawData { classes, train, validation, ignored, labels })
    }

    fn list_validation(
        &self,
        classes: &[Class],
        ignored: &mut Vec<String>,
    ) -> Result<(Listing, Option<PathBuf>), PrepareError> {
        if let Part::Classes(path) = &self.validation {
            return Ok((folders::by_known_class(path, classes, ignored)?, None));
        }
        let labels = ValidationLabels::find(&self.papers)?;
        let listing = match &self.validation {
            Part::Tar(path) => tars::validation(path, &labels, classes, ignored)?,
            Part::Flat(path) | Part::Classes(path) => {
                folders::flat(path, &labels, classes, ignored)?
            }
        };
        Ok((listing, Some(labels.path)))
    }
}

impl Part {
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Tar(path) | Self::Classes(path) | Self::Flat(path) => path,
        }
    }
}

/// The classes of the training images, checked against a list of classes if there is one.
fn classes_of(
    ids: Vec<String>,
    known: &BTreeMap<String, String>,
) -> Result<Vec<Class>, PrepareError> {
    let unknown = ids.iter().find(|id| !known.is_empty() && !known.contains_key(*id));
    if let Some(class) = unknown {
        let problem = "an unknown synset: the list of classes beside the images does not have it";
        return Err(PrepareError::Class { class: class.clone(), problem: problem.to_owned() });
    }
    if let Some(class) = known.keys().find(|id| ids.binary_search(id).is_err()) {
        let problem = "the list of classes beside the images has it, but there are no training \
                       images of it: copy its folder or archive";
        return Err(PrepareError::Class { class: class.clone(), problem: problem.to_owned() });
    }
    let name = |id: &String| known.get(id).unwrap_or(id).clone();
    Ok(ids.into_iter().map(|id| Class { name: name(&id), id }).collect())
}

/// Every class needs images in both splits.
fn check_classes(
    classes: &[Class],
    train: &Listing,
    validation: &Listing,
) -> Result<(), PrepareError> {
    for (split, listing) in [("training", train), ("validation", validation)] {
        let counts = listing.per_class(classes.len());
        if let Some((class, _)) = std::iter::zip(classes, counts).find(|(_, count)| *count == 0) {
            let problem = format!(
                "there are no {split} images of it, JPEG or PNG: copy them, or remove the class"
            );
            return Err(PrepareError::Class { class: class.id.clone(), problem });
        }
    }
    Ok(())
}

/// The number of a class.
fn class_number(classes: &[Class], id: &str) -> Option<u32> {
    let number = classes.binary_search_by(|class| class.id.as_str().cmp(id)).ok()?;
    u32::try_from(number).ok()
}

fn missing(path: &Path, wanted: &str, remedy: &'static str) -> PrepareError {
    let found = match std::fs::read_dir(path) {
        Ok(entries) => list_for_message(
            entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect(),
        ),
        Err(error) => format!("no folder that can be read ({error})"),
    };
    PrepareError::Missing { path: path.to_owned(), wanted: wanted.to_owned(), found, remedy }
}

/// Whether a file name is one of an image that can be converted.
fn is_image(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    matches!(extension.as_deref(), Some("jpeg" | "jpg" | "png"))
}
