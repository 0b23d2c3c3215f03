//! What a data set holds, and what is wrong with it: every image is read and decoded once.
//!
//! [`inspect`] counts classes, sizes, formats and levels, and finds what spoils training or its
//! evaluation: images that do not decode, the same picture in two splits or under two labels, groups
//! (patients, say) in two splits. [`Report::findings`] lists that one by one; [`check_for_training`] does
//! all of it for a [`Dataset`].
//!
//! What always holds:
//!
//! * The report is the same for any number of threads: sums are whole numbers, lists are in the
//!   order of splits and images.
//! * Bad images are listed with their reasons, none stops the walk; a decoder that panics is a reason.
//! * What stays in memory of an image is a few numbers; one decoded image is held for each thread.
//!
//! ```
//! use std::{ops::ControlFlow, sync::Arc};
//! use resnet_data::{SyntheticImages, inspect::{InspectOptions, InspectSplit, inspect}};
//!
//! let images = Arc::new(SyntheticImages::new(6, 2, 0).with_side(8));
//! let splits = [InspectSplit { name: "train".to_owned(), source: images }];
//! let classes = ["cat".to_owned(), "dog".to_owned()];
//! let go_on = || ControlFlow::Continue(());
//! let report = inspect(&splits, &classes, &InspectOptions::default(), &go_on)?;
//! assert_eq!(report.splits[0].images_per_class, [3, 3]);
//! assert!(report.findings().is_empty());
//! # Ok::<(), resnet_data::inspect::InspectError>(())
//! ```

mod check;
mod duplicates;
mod facts;
mod findings;
mod groups;
mod labels;
mod report;
mod summary;
mod walk;

pub use check::{Check, check_for_training};
pub use facts::Format;
pub use findings::{Finding, FindingKind, Severity};
pub use report::{
    Bad, Duplicate, Normalization, Place, Quantiles, Report, SharedGroup, SplitReport,
};

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::dataset::Dataset;
use crate::decode::{AnyImage, Decoder};
use crate::source::Source;

/// A part of a data set that is to be looked at.
#[derive(Clone)]
pub struct InspectSplit {
    /// What it is called.
    pub name: String,
    /// Its images.
    pub source: Arc<dyn Source>,
}

impl InspectSplit {
    /// All parts of a data set.
    pub fn of(dataset: &Dataset) -> Vec<Self> {
        let split = |name: &str| {
            let source = dataset.split(name)?;
            Some(Self { name: name.to_owned(), source })
        };
        dataset.splits().into_iter().filter_map(split).collect()
    }
}

/// How [`inspect`] works. Nothing of it changes the report, the decoder apart.
#[derive(Clone)]
pub struct InspectOptions {
    /// Threads that read and decode.
    pub threads: usize,
    /// What decodes the images.
    pub decoder: Arc<dyn Decoder>,
}

impl Default for InspectOptions {
    /// A thread for each core, and the decoder that [`Loader::new`](crate::Loader::new) takes.
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self { threads, decoder: Arc::new(AnyImage::default()) }
    }
}

/// Why a data set was not looked at to the end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InspectError {
    /// The progress callback asked to stop.
    #[error("stopped before all images were looked at")]
    Stopped,

    /// There is no image in any split.
    #[error("there is no image to look at: name a folder with data")]
    Empty,
}

/// Is told of each image that was looked at, by any of the threads, and may ask to stop.
pub type Progress<'a> = dyn Fn() -> ControlFlow<()> + Sync + 'a;

/// Reads and decodes every image of these splits and reports what is there; `classes` are the names
/// of the labels. An image with a label beyond them is a bad one.
///
/// # Errors
///
/// If there is no image, or `progress` asks to stop. Bad images are no error: they are listed.
pub fn inspect(
    splits: &[InspectSplit],
    classes: &[String],
    options: &InspectOptions,
    progress: &Progress<'_>,
) -> Result<Report, InspectError> {
    if splits.iter().all(|split| split.source.is_empty()) {
        return Err(InspectError::Empty);
    }
    let walked = walk::all_images(splits, classes.len(), options, progress)?;
    Ok(Report {
        classes: classes.to_vec(),
        splits: summary::of_splits(splits, &walked, classes.len()),
        duplicates: duplicates::find(splits, &walked),
        shared_groups: groups::in_several_splits(splits),
        left_out: Vec::new(),
    })
}
