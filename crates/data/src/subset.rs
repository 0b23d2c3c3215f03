//! Some of the images of a source.

use std::path::PathBuf;
use std::sync::Arc;

use crate::error::DataError;
use crate::source::{Sample, Source};

/// Some of the images of a source, in an order of their own; an image may be there more than once.
///
/// ```
/// use std::sync::Arc;
/// use resnet_data::{Source, Subset, SyntheticImages};
///
/// let all = Arc::new(SyntheticImages::new(10, 2, 0));
/// let some = Subset::new(all.clone(), "every third", (0..10).step_by(3).collect());
/// assert_eq!(some.len(), 4);
/// assert_eq!(some.label(3)?, all.label(9)?);
/// # Ok::<(), resnet_data::DataError>(())
/// ```
#[derive(Clone)]
pub struct Subset {
    source: Arc<dyn Source>,
    name: String,
    indices: Vec<usize>,
}

impl Subset {
    /// The images of `source` with these numbers; `name` is for messages.
    ///
    /// # Panics
    ///
    /// If there is no such image.
    pub fn new(source: Arc<dyn Source>, name: impl Into<String>, indices: Vec<usize>) -> Self {
        let len = source.len();
        assert!(
            indices.iter().all(|&index| index < len),
            "an image beyond the {len} of the source"
        );
        Self { source, name: name.into(), indices }
    }
}

impl Source for Subset {
    fn len(&self) -> usize {
        self.indices.len()
    }

    fn read(&self, index: usize, record: &mut Vec<u8>) -> Result<Sample, DataError> {
        self.source.read(self.indices[index], record)
    }

    fn label(&self, index: usize) -> Result<u32, DataError> {
        self.source.label(self.indices[index])
    }

    fn knows_labels(&self) -> bool {
        self.source.knows_labels()
    }

    fn place(&self, index: usize) -> String {
        self.source.place(self.indices[index])
    }

    fn group(&self, index: usize) -> Option<&str> {
        self.source.group(self.indices[index])
    }

    fn column(&self, index: usize, name: &str) -> Option<&str> {
        self.source.column(self.indices[index], name)
    }

    fn weight(&self, index: usize) -> f32 {
        self.source.weight(self.indices[index])
    }

    fn file(&self, index: usize) -> Option<PathBuf> {
        self.source.file(self.indices[index])
    }

    fn describe(&self) -> String {
        format!("{} {} images of {}", self.len(), self.name, self.source.describe())
    }
}
