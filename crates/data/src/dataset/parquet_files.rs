//! Parquet files with encoded images, as the Hugging Face hub keeps them.
//!
//! Source: Hugging Face datasets, `features/image.py` (a struct of `bytes` and `path`),
//! `features/features.py` (`ClassLabel`) and `arrow_writer.py` (metadata under the key `huggingface`).
//!
//! A row cannot be read alone: its row group is decompressed as a whole. The groups that were used last
//! are kept, so reading in order costs one decompression a group; reading shuffled costs one an image.

mod cache;
mod column;
mod file;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::DatasetError;
use super::{DatasetOptions, Splits, classes, layout};
use crate::error::DataError;
use crate::numbering::Numbering;
use crate::open_files::look_at_all;
use crate::records::LabelRange;
use crate::source::{Picture, Sample, Source};
use cache::Cache;
use file::ImageFile;

/// The images of one split.
struct ParquetImages {
    split: String,
    files: Vec<ImageFile>,
    /// Over the row groups of all files.
    numbering: Numbering,
    /// File, and number in it, of each row group.
    row_groups: Vec<(usize, usize)>,
    cache: Cache,
    labels: LabelRange,
}

pub(super) fn open(
    path: &Path,
    options: &DatasetOptions,
) -> Result<(Vec<String>, Splits), DatasetError> {
    let mut opened = Vec::new();
    for (split, paths) in layout::by_split(path, "parquet")? {
        opened.push((split, look_at_all::<ImageFile, DatasetError>(&paths, ImageFile::open)?));
    }
    let classes = class_names(path, &opened, options)?;
    let labels = options.labels(0, classes.len());
    let images = |(split, files): (String, Vec<ImageFile>)| {
        let images: Arc<dyn Source> = Arc::new(ParquetImages::new(split.clone(), files, labels));
        (split, images)
    };
    Ok((classes, opened.into_iter().map(images).collect()))
}

/// The names that the files hold, which must agree; else those beside them, else numbers.
fn class_names(
    path: &Path,
    opened: &[(String, Vec<ImageFile>)],
    options: &DatasetOptions,
) -> Result<Vec<String>, DatasetError> {
    let files = || opened.iter().flat_map(|(_, files)| files);
    let mut named = files().filter(|file| file.class_names().is_some());
    let Some(first) = named.next() else {
        let largest = files().map(ImageFile::largest_label).max().unwrap_or_default();
        return classes::beside_or_numbered(path, largest, options);
    };
    if let Some(other) = named.find(|file| file.class_names() != first.class_names()) {
        let problem = format!("other class names than {}: remove one", first.path().display());
        return Err(DatasetError::content(other.path(), problem));
    }
    Ok(first.class_names().unwrap_or_default().to_vec())
}

impl ParquetImages {
    fn new(split: String, files: Vec<ImageFile>, labels: LabelRange) -> Self {
        let counts = files.iter().flat_map(ImageFile::row_counts);
        let numbering = Numbering::new(counts);
        let groups = |(number, file): (usize, &ImageFile)| {
            (0..file.row_counts().count()).map(move |group| (number, group))
        };
        let row_groups = files.iter().enumerate().flat_map(groups).collect();
        Self { split, files, numbering, row_groups, cache: Cache::default(), labels }
    }

    /// The file of an image, and its row there.
    fn row(&self, index: usize) -> (&ImageFile, usize) {
        let (group, row) = self.numbering.locate(index);
        let (file, group) = self.row_groups[group];
        let before: usize = self.files[file].row_counts().take(group).sum();
        (&self.files[file], before + row)
    }

    /// Puts the encoded image into `record`.
    fn copy_image(&self, index: usize, record: &mut Vec<u8>) -> Result<(), String> {
        let (group, row) = self.numbering.locate(index);
        let (file, number) = self.row_groups[group];
        let image = match self.cache.get(group, || self.files[file].images(number))? {
            Some(rows) => rows[row].clone(),
            None => self.files[file].image(number, row)?,
        };
        record.extend_from_slice(image.ok_or("the image is missing: remove the row")?.data());
        Ok(())
    }
}

impl Source for ParquetImages {
    fn len(&self) -> usize {
        self.numbering.len()
    }

    fn read(&self, index: usize, record: &mut Vec<u8>) -> Result<Sample, DataError> {
        record.clear();
        let failed = |problem| DataError::Sample { place: self.place(index), problem };
        self.copy_image(index, record).map_err(failed)?;
        let label = self.label(index)?;
        Ok(Sample { label, picture: Picture::Encoded(0..record.len()), filename: 0..0 })
    }

    fn label(&self, index: usize) -> Result<u32, DataError> {
        let (file, row) = self.row(index);
        let label = self.labels.checked(file.label(row));
        label.map_err(|problem| DataError::Sample { place: self.place(index), problem })
    }

    fn knows_labels(&self) -> bool {
        true
    }

    fn place(&self, index: usize) -> String {
        let (file, row) = self.row(index);
        format!("{}, row {row}", file.path().display())
    }

    fn describe(&self) -> String {
        let path: PathBuf = self.files[0].path().into();
        let folder = path.parent().unwrap_or(Path::new("")).display();
        let (len, files) = (self.len(), self.files.len());
        format!("{len} {} images in {files} Parquet files in {folder}", self.split)
    }
}
