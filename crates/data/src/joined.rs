//! The images of several sources, one after another.

use std::path::PathBuf;
use std::sync::Arc;

use crate::error::DataError;
use crate::numbering::Numbering;
use crate::source::{Sample, Source};

/// The images of several sources, one after another. All must number the classes the same.
///
/// ```
/// use std::sync::Arc;
/// use resnet_data::{Joined, Source, SyntheticImages};
///
/// let part = |len| Arc::new(SyntheticImages::new(len, 2, 0)) as Arc<dyn Source>;
/// let both = Joined::new(vec![part(3), part(4)]);
/// assert_eq!(both.len(), 7);
/// ```
pub struct Joined {
    sources: Vec<Arc<dyn Source>>,
    numbering: Numbering,
}

impl Joined {
    /// All images of these sources.
    pub fn new(sources: Vec<Arc<dyn Source>>) -> Self {
        let numbering = Numbering::new(sources.iter().map(|source| source.len()));
        Self { sources, numbering }
    }

    fn locate(&self, index: usize) -> (&dyn Source, usize) {
        let (source, index) = self.numbering.locate(index);
        (&*self.sources[source], index)
    }
}

impl Source for Joined {
    fn len(&self) -> usize {
        self.numbering.len()
    }

    fn read(&self, index: usize, record: &mut Vec<u8>) -> Result<Sample, DataError> {
        let (source, index) = self.locate(index);
        source.read(index, record)
    }

    fn label(&self, index: usize) -> Result<u32, DataError> {
        let (source, index) = self.locate(index);
        source.label(index)
    }

    fn knows_labels(&self) -> bool {
        self.sources.iter().all(|source| source.knows_labels())
    }

    fn place(&self, index: usize) -> String {
        let (source, index) = self.locate(index);
        source.place(index)
    }

    fn group(&self, index: usize) -> Option<&str> {
        let (source, index) = self.locate(index);
        source.group(index)
    }

    fn column(&self, index: usize, name: &str) -> Option<&str> {
        let (source, index) = self.locate(index);
        source.column(index, name)
    }

    fn weight(&self, index: usize) -> f32 {
        let (source, index) = self.locate(index);
        source.weight(index)
    }

    fn file(&self, index: usize) -> Option<PathBuf> {
        let (source, index) = self.locate(index);
        source.file(index)
    }

    fn describe(&self) -> String {
        let parts: Vec<String> = self.sources.iter().map(|source| source.describe()).collect();
        parts.join(" and ")
    }
}
