//! Images that lie as files: a folder for each class, or a list of them.

mod cache;
mod error;
pub(crate) mod folder;
pub(crate) mod manifest;
mod names;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::error::DataError;
use crate::source::{Picture, Sample, Source};

pub use error::ImageFilesError;
use names::Names;

/// Longest image that is read, so that a stray archive or video does not fill the memory.
const MAX_IMAGE_BYTES: u64 = 256 << 20;

/// Reads a whole file behind what is in `content`.
pub(crate) fn read_image(path: &Path, content: &mut Vec<u8>) -> io::Result<usize> {
    let file = File::open(path)?;
    check_len(file.metadata()?.len())?;
    file.take(MAX_IMAGE_BYTES).read_to_end(content)
}

/// Refuses a longer image.
pub(crate) fn check_len(bytes: u64) -> io::Result<()> {
    if bytes <= MAX_IMAGE_BYTES { Ok(()) } else { Err(too_long(bytes)) }
}

/// What is said of an image of so many bytes.
pub(crate) fn too_long(bytes: u64) -> io::Error {
    let (kind, most) = (io::ErrorKind::FileTooLarge, MAX_IMAGE_BYTES >> 20);
    let problem = format!(
        "{bytes} bytes, and at most {most} MiB are read of an image: store it smaller, or leave it out"
    );
    io::Error::new(kind, problem)
}

/// The error of an image at `path` below the root; a manifest of Windows is told by its paths.
fn with_hint(error: io::Error, path: &str) -> io::Error {
    match error.kind() {
        kind @ io::ErrorKind::NotFound if path.contains('\\') => {
            io::Error::new(kind, format!("{error}; write / instead of \\ in the manifest"))
        }
        _ => error,
    }
}

/// Images in files, and their classes.
///
/// An image takes its path and 8 bytes of memory. The order is that of the paths, or of the manifest.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # for class in ["cat", "dog"] {
/// #     std::fs::create_dir_all(dir.path().join(class))?;
/// #     std::fs::write(dir.path().join(class).join("1.jpg"), "")?;
/// # }
/// use resnet_data::{ImageFiles, Source};
///
/// let pets = ImageFiles::folder(dir.path())?;
/// assert_eq!(pets.classes(), ["cat", "dog"]);
/// assert_eq!(pets.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ImageFiles {
    root: PathBuf,
    classes: Vec<String>,
    /// Paths below `root`, one after another.
    paths: String,
    entries: Vec<Entry>,
    /// Group of each image, if a manifest or the file names tell them.
    groups: Option<Words>,
    /// Weight of each image, if a manifest names them.
    weights: Option<Vec<f32>>,
    /// Further columns of a manifest, by name.
    columns: Vec<(String, Words)>,
}

/// A word for each image, such as its patient.
#[derive(Clone, Debug, Default, PartialEq)]
struct Words {
    names: Vec<String>,
    /// Place in `names` for each image that has a word.
    of_image: Vec<Option<u32>>,
}

impl Words {
    fn get(&self, index: usize) -> Option<&str> {
        self.of_image[index].map(|word| self.names[word as usize].as_str())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    /// End of the path; it starts where the one before ends.
    end: u32,
    class: u32,
}

impl ImageFiles {
    /// The images `root/CLASS/NAME` (`.jpg`, `.jpeg`, `.png`, `.tif`, `.tiff`,
    /// `.bmp`), classes and names in sorted order, as
    /// torchvision's `ImageFolder`. Hidden files and folders are passed over.
    ///
    /// # Errors
    ///
    /// If a folder cannot be listed, a class has no image, or there is no class.
    pub fn folder(root: &Path) -> Result<Self, ImageFilesError> {
        folder::open(root, None, None)
    }

    /// As [`folder`](Self::folder), with the names kept in the file `cache`: a folder that has not
    /// changed since is not listed again. A cache that is missing or not understood is made anew.
    ///
    /// # Errors
    ///
    /// As [`folder`](Self::folder), or if the cache cannot be written.
    pub fn folder_cached(root: &Path, cache: &Path) -> Result<Self, ImageFilesError> {
        folder::open(root, Some(cache), None)
    }

    /// The images of a CSV or TSV file with a header line that names the columns `path` and `label`,
    /// and may name others: `split`, `group` ([`Source::group`]) and `weight` ([`Source::weight`]).
    /// Paths are relative to the file's folder, labels are names of classes. With `split`, only its
    /// lines count; classes are those of all lines, so that every split numbers them the same: in the
    /// order of their names, or of their values where all are whole numbers.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// use resnet_data::{ImageFiles, Source};
    ///
    /// let list = dir.path().join("scans.csv");
    /// std::fs::write(&list, "path,label,split\na/1.jpg,ill,train\na/2.jpg,well,test\n")?;
    /// let train = ImageFiles::manifest(&list, Some("train"))?;
    /// assert_eq!((train.len(), train.classes()), (1, &["ill".to_owned(), "well".to_owned()][..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If a line is not as it should be, or a path leads out of the folder.
    pub fn manifest(path: &Path, split: Option<&str>) -> Result<Self, ImageFilesError> {
        manifest::open(path, split)
    }

    /// The names of the columns of a CSV or TSV file, without a look at its lines.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or its header cannot.
    pub fn manifest_columns(path: &Path) -> Result<Vec<String>, ImageFilesError> {
        manifest::columns_of(path)
    }

    /// Puts images into one group whose file names are the same up to the first `end`: with `_`,
    /// `person1_bacteria_2.jpeg` is of the group `person1`. A name without `end` is a group of its own.
    #[must_use]
    pub fn grouped_by_name(mut self, end: char) -> Self {
        let mut names = Names::default();
        let group = |index| {
            let name = self.relative(index).rsplit('/').next().unwrap_or_default();
            let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
            Some(names.number(stem.split(end).next().unwrap_or(stem)))
        };
        let of_image = (0..self.len()).map(group).collect();
        self.groups = Some(Words { names: names.names, of_image });
        self
    }

    /// These files, without classes: every label is 0. For asking a trained network about them.
    ///
    /// ```
    /// use resnet_data::{ImageFiles, Source};
    ///
    /// let files = ImageFiles::list(&["holiday/1.jpg", "holiday/2.png"])?;
    /// assert_eq!((files.len(), files.classes().len()), (2, 0));
    /// # Ok::<(), resnet_data::ImageFilesError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If a path is not UTF-8. Whether there is a file shows when it is read.
    pub fn list(paths: &[impl AsRef<Path>]) -> Result<Self, ImageFilesError> {
        let mut files = Self::new(PathBuf::new(), Vec::new());
        for path in paths.iter().map(AsRef::as_ref) {
            let name = path.to_str();
            let name = name.ok_or_else(|| ImageFilesError::Name { path: path.to_owned() })?;
            files.push(name, 0)?;
        }
        Ok(files)
    }

    /// Paths of the images below a folder, at any depth, told by their extensions; in sorted order,
    /// hidden ones passed over.
    ///
    /// # Errors
    ///
    /// If a folder cannot be listed or a name is not UTF-8.
    pub fn below(folder: &Path) -> Result<Vec<PathBuf>, ImageFilesError> {
        folder::below(folder)
    }

    /// The names of the classes; the position is the label.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Numbers classes as another set does: a validation folder as the training folder.
    ///
    /// # Errors
    ///
    /// If there is a class that the other set does not have.
    pub fn with_classes(mut self, classes: &[String]) -> Result<Self, ImageFilesError> {
        let number = |class: &String| {
            let found = classes.iter().position(|known| known == class);
            found.and_then(|number| u32::try_from(number).ok()).ok_or_else(|| {
                ImageFilesError::UnknownClass { root: self.root.clone(), class: class.clone() }
            })
        };
        let numbers: Vec<u32> = self.classes.iter().map(number).collect::<Result<_, _>>()?;
        for entry in &mut self.entries {
            entry.class = numbers[entry.class as usize];
        }
        classes.clone_into(&mut self.classes);
        Ok(self)
    }

    fn new(root: PathBuf, classes: Vec<String>) -> Self {
        let (paths, entries) = (String::new(), Vec::new());
        Self { root, classes, paths, entries, groups: None, weights: None, columns: Vec::new() }
    }

    fn push(&mut self, path: &str, class: u32) -> Result<(), ImageFilesError> {
        self.paths.push_str(path);
        let end = u32::try_from(self.paths.len())
            .map_err(|_large| ImageFilesError::TooMany { root: self.root.clone() })?;
        self.entries.push(Entry { end, class });
        Ok(())
    }

    /// The path of an image below the root.
    fn relative(&self, index: usize) -> &str {
        let start = index.checked_sub(1).map_or(0, |before| self.entries[before].end as usize);
        &self.paths[start..self.entries[index].end as usize]
    }
}

impl Source for ImageFiles {
    fn len(&self) -> usize {
        self.entries.len()
    }

    fn read(&self, index: usize, record: &mut Vec<u8>) -> Result<Sample, DataError> {
        let path = self.root.join(self.relative(index));
        record.clear();
        let read = read_image(&path, record);
        let read = read.map_err(|error| {
            let source = with_hint(error, self.relative(index));
            DataError::Io { path, source }
        })?;
        // Messages want the name within the record.
        record.extend_from_slice(self.relative(index).as_bytes());
        let label = self.entries[index].class;
        Ok(Sample { label, picture: Picture::Encoded(0..read), filename: read..record.len() })
    }

    fn place(&self, index: usize) -> String {
        self.root.join(self.relative(index)).display().to_string()
    }

    fn group(&self, index: usize) -> Option<&str> {
        self.groups.as_ref()?.get(index)
    }

    fn column(&self, index: usize, name: &str) -> Option<&str> {
        let (_, words) = self.columns.iter().find(|(known, _)| known == name)?;
        words.get(index)
    }

    fn weight(&self, index: usize) -> f32 {
        self.weights.as_ref().map_or(1.0, |weights| weights[index])
    }

    fn label(&self, index: usize) -> Result<u32, DataError> {
        Ok(self.entries[index].class)
    }

    fn knows_labels(&self) -> bool {
        true
    }

    fn file(&self, index: usize) -> Option<PathBuf> {
        Some(self.root.join(self.relative(index)))
    }

    fn describe(&self) -> String {
        let (len, classes, root) = (self.len(), self.classes.len(), self.root.display());
        format!("{len} image files of {classes} classes in {root}")
    }
}
