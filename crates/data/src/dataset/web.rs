//! WebDataset: tar files in which the files of one name, up to its first dot, are a sample.
//!
//! Source: webdataset, `tariterators.py` (`base_plus_ext`, `group_by_keys`) and `autodecode.py` (`cls`
//! is a number as text).

mod scan;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::DatasetError;
use super::{DatasetOptions, Splits, classes, layout};
use crate::archive::{Archive, ArchiveError};
use crate::error::DataError;
use crate::numbering::Numbering;
use crate::open_files::{OpenFiles, look_at_all};
use crate::records::LabelRange;
use crate::source::{Picture, Sample, Source};
use scan::TarIndex;

/// The images of one split.
#[derive(Debug)]
struct TarImages {
    split: String,
    paths: Vec<PathBuf>,
    indices: Vec<TarIndex>,
    numbering: Numbering,
    open: OpenFiles<Archive>,
    labels: LabelRange,
}

pub(super) fn open(
    path: &Path,
    options: &DatasetOptions,
) -> Result<(Vec<String>, Splits), DatasetError> {
    let mut scanned = Vec::new();
    for (split, paths) in layout::by_split(path, "tar")? {
        let indices = look_at_all(&paths, scan::scan)?;
        scanned.push((split, paths, indices));
    }
    let all = scanned.iter().flat_map(|(_, _, indices)| indices);
    let largest = all.map(TarIndex::largest_label).max().unwrap_or_default();
    let classes = classes::beside_or_numbered(path, largest, options)?;
    let labels = options.labels(0, classes.len());
    let images = |(split, paths, indices): (String, Vec<PathBuf>, Vec<TarIndex>)| {
        let images: Arc<dyn Source> = Arc::new(TarImages {
            split: split.clone(),
            numbering: Numbering::new(indices.iter().map(TarIndex::len)),
            open: OpenFiles::new(paths.len()),
            paths,
            indices,
            labels,
        });
        (split, images)
    };
    Ok((classes, scanned.into_iter().map(images).collect()))
}

impl TarImages {
    fn read_image(&self, index: usize, record: &mut [u8]) -> Result<(), ArchiveError> {
        let (tar, number) = self.numbering.locate(index);
        let archive = self.open.get(tar, || Archive::open(&self.paths[tar]))?;
        let read = archive.read_exact_at(record, self.indices[tar].image(number).offset);
        read.map_err(ArchiveError::io("read", &self.paths[tar]))
    }
}

impl Source for TarImages {
    fn len(&self) -> usize {
        self.numbering.len()
    }

    fn read(&self, index: usize, record: &mut Vec<u8>) -> Result<Sample, DataError> {
        let (tar, number) = self.numbering.locate(index);
        let image = self.indices[tar].image(number);
        let len = image.len as usize;
        record.clear();
        record.resize(len, 0);
        let failed = |problem| DataError::Sample { place: self.place(index), problem };
        self.read_image(index, record).map_err(|error| failed(error.to_string()))?;
        let label = self.label(index)?;
        // Messages want the name within the record.
        record.extend_from_slice(self.indices[tar].name(number).as_bytes());
        Ok(Sample { label, picture: Picture::Encoded(0..len), filename: len..record.len() })
    }

    fn label(&self, index: usize) -> Result<u32, DataError> {
        let (tar, number) = self.numbering.locate(index);
        let label = self.labels.checked(self.indices[tar].image(number).label);
        label.map_err(|problem| DataError::Sample { place: self.place(index), problem })
    }

    fn knows_labels(&self) -> bool {
        true
    }

    fn place(&self, index: usize) -> String {
        let (tar, number) = self.numbering.locate(index);
        format!("{}, member {}", self.paths[tar].display(), self.indices[tar].name(number))
    }

    fn describe(&self) -> String {
        let folder = self.paths[0].parent().unwrap_or(Path::new("")).display();
        format!(
            "{} {} images in {} tar files in {folder}",
            self.len(),
            self.split,
            self.paths.len()
        )
    }
}
