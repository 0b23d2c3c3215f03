//! Images in memory, for looking at data sets.

use std::ops::ControlFlow;
use std::sync::Arc;

use resnet_data::inspect::{InspectOptions, InspectSplit, Report, inspect};
use resnet_data::{DataError, Picture, Sample, Source};

/// An image as a source hands it out.
#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) label: u32,
    pub(crate) content: Content,
    pub(crate) group: Option<&'static str>,
}

#[derive(Clone)]
pub(crate) enum Content {
    Encoded(Vec<u8>),
    /// Rows, columns and their pixels.
    Rgb(usize, usize, Vec<u8>),
    /// A file that is gone.
    Missing,
}

/// An even square of 4x4 pixels.
pub(crate) fn even(label: u32, colour: [u8; 3]) -> Stored {
    Stored { label, content: Content::Rgb(4, 4, colour.repeat(16)), group: None }
}

pub(crate) fn encoded(label: u32, bytes: &[u8]) -> Stored {
    Stored { label, content: Content::Encoded(bytes.to_vec()), group: None }
}

pub(crate) fn in_group(group: &'static str, image: Stored) -> Stored {
    Stored { group: Some(group), ..image }
}

struct Memory(Vec<Stored>);

impl Source for Memory {
    fn len(&self) -> usize {
        self.0.len()
    }
    fn read(&self, index: usize, record: &mut Vec<u8>) -> Result<Sample, DataError> {
        let Stored { label, content, .. } = &self.0[index];
        let (bytes, picture) = match content {
            Content::Encoded(bytes) => (bytes, Picture::Encoded(0..bytes.len())),
            &Content::Rgb(height, width, ref pixels) => (pixels, Picture::Rgb { height, width }),
            Content::Missing => {
                let source = std::io::ErrorKind::NotFound.into();
                return Err(DataError::Io { path: self.place(index).into(), source });
            }
        };
        record.clone_from(bytes);
        Ok(Sample { label: *label, picture, filename: 0..0 })
    }
    fn place(&self, index: usize) -> String {
        format!("image-{index}")
    }
    fn group(&self, index: usize) -> Option<&str> {
        self.0[index].group
    }
    fn describe(&self) -> String {
        "memory".to_owned()
    }
}

pub(crate) fn split(name: &str, images: Vec<Stored>) -> InspectSplit {
    InspectSplit { name: name.to_owned(), source: Arc::new(Memory(images)) }
}

pub(crate) fn names(classes: &[&str]) -> Vec<String> {
    classes.iter().map(|&class| class.to_owned()).collect()
}

/// Of images of the classes `cat` and `dog`.
pub(crate) fn report(splits: &[InspectSplit]) -> Report {
    let options = InspectOptions { threads: 2, ..InspectOptions::default() };
    let go_on = || ControlFlow::Continue(());
    inspect(splits, &names(&["cat", "dog"]), &options, &go_on).unwrap()
}
