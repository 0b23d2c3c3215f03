//! From raw pictures to TFRecord shards: ImageNet in any layout people have, and pictures like it.
//!
//! [`prepare`] recognises the layout, lists the images, and writes shards with the names, keys and
//! values of `imagenet_to_gcs.py`, a `classes.json` and a `dataset.json`.
//!
//! What always holds:
//!
//! * The same input and options make the same bytes, whatever the number of threads.
//! * A shard has its name only when it is whole and on the disk. A run that was killed at any moment
//!   and is started again makes the missing shards, and ends with the same bytes.
//! * Two runs never write into one folder.
//! * An image is decoded at most once. A JPEG image that need not change is copied.
//! * Archives are read in place: nothing is unpacked to the disk.
//!
//! ```no_run
//! use std::{ops::ControlFlow, path::Path};
//! use resnet_data::prepare::{Event, PrepareOptions, prepare};
//!
//! let report = prepare(
//!     Path::new("downloads"),
//!     Path::new("imagenet"),
//!     &PrepareOptions::default(),
//!     &|event| {
//!         if let Event::Shard(shard) = event {
//!             println!("{}: {} images", shard.name, shard.sums.images);
//!         }
//!         ControlFlow::Continue(())
//!     },
//! )?;
//! assert_eq!(report.train.images, 1_281_167);
//! # Ok::<(), resnet_data::prepare::PrepareError>(())
//! ```

mod boxes;
mod convert;
mod error;
mod example;
mod folder;
mod layout;
mod listing;
mod measure;
mod options;
mod plan;
mod report;
mod run;
mod shard;
mod sums;

pub use crate::levels::Levels;
pub use error::PrepareError;
pub use example::{Boxes, ImageExample};
pub use measure::{Side, Sums};
pub use options::{PrepareOptions, RawLayout, Shards};
pub use plan::Plan;
pub use report::{DatasetReport, PreparedSplit, Range, Reencoded, ShardReport, Skipped};

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::AtomicUsize;

use crate::Split;
use folder::Folder;
use layout::{Found, Part, RawData};
use listing::Listing;
use plan::Job;
use shard::Shared;

/// Is told what happens, by any of the threads, and may ask to stop.
pub type PrepareObserver<'a> = dyn Fn(&Event<'_>) -> ControlFlow<()> + Sync + 'a;

/// What happens while a data set is prepared.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A piece of an archive went into its MD5 sum.
    Md5 {
        /// The archive.
        path: &'a Path,
        /// Length of the piece.
        bytes: u64,
    },
    /// The layout was recognised, and listing starts.
    Found {
        /// The layout.
        layout: RawLayout,
    },
    /// All images are listed.
    Listed {
        /// Classes.
        classes: usize,
        /// Training images.
        train: usize,
        /// Validation images.
        validation: usize,
        /// Files beside the images that are none, and are left out.
        ignored: &'a [String],
    },
    /// Shards of an earlier run are whole and stay.
    Kept {
        /// How many.
        shards: usize,
        /// Of how many.
        of: usize,
        /// Images in them, with those that were skipped.
        images: usize,
    },
    /// An image was written or skipped.
    Image,
    /// An image is bad and was left out.
    Skipped {
        /// The image.
        image: &'a Skipped,
        /// Where it is stored.
        place: &'a str,
    },
    /// A shard is whole and has its name.
    Shard(&'a ShardReport),
}

/// Writes the images of `raw` as TFRecord shards into `out`, or continues where an earlier call was
/// interrupted.
///
/// # Errors
///
/// Whatever keeps the data set from being whole: see [`PrepareError`].
pub fn prepare(
    raw: &Path,
    out: &Path,
    options: &PrepareOptions,
    observer: &PrepareObserver<'_>,
) -> Result<DatasetReport, PrepareError> {
    options.check()?;
    let found = layout::find(raw, options.layout)?;
    tell(observer, &Event::Found { layout: found.layout })?;
    let folder = Folder::open(out)?;
    if options.md5 {
        check_md5(&found, observer)?;
    }
    let data = found.list()?;
    tell(observer, &data.listed())?;
    let plan = Plan::new(&data, options)?;
    let jobs = plan.jobs(&data);
    let finished = folder.begin(&plan)?;
    tell(observer, &kept(&jobs, &finished))?;
    let bad = AtomicUsize::new(finished.values().map(|shard| shard.skipped.len()).sum());
    let shared = Shared { data: &data, options, folder: &folder, observer, bad };
    let shards = run::write_missing(&shared, &jobs, finished)?;
    let report = report(raw, &found, &data, plan, &jobs, shards);
    folder.save_paper(folder::CLASSES, &data.classes)?;
    folder.finish(&report)?;
    Ok(report)
}

fn tell(observer: &PrepareObserver<'_>, event: &Event<'_>) -> Result<(), PrepareError> {
    match observer(event) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(PrepareError::Stopped),
    }
}

fn kept<'a>(jobs: &[Job], finished: &BTreeMap<String, ShardReport>) -> Event<'a> {
    let images = jobs.iter().filter(|job| finished.contains_key(&job.name));
    let images = images.map(|job| job.images.len()).sum();
    Event::Kept { shards: finished.len(), of: jobs.len(), images }
}

/// Compares the archives with the published sums.
fn check_md5(found: &Found, observer: &PrepareObserver<'_>) -> Result<(), PrepareError> {
    let parts = [
        (&found.train, layout::PUBLISHED_TRAIN_MD5),
        (&found.validation, layout::PUBLISHED_VAL_MD5),
    ];
    for (part, published) in parts {
        let Part::Tar(path) = part else {
            return Err(PrepareError::Option {
                option: "md5",
                allowed: "off where the images are not in the published archives".to_owned(),
                given: format!("on for {}", part.path().display()),
            });
        };
        let sum = sums::md5_of(path, |bytes| tell(observer, &Event::Md5 { path, bytes }))?;
        if sum != published {
            let (path, published) = (path.clone(), published.to_owned());
            return Err(PrepareError::Md5 { path, published, found: sum });
        }
    }
    Ok(())
}

impl RawData {
    fn listing(&self, split: Split) -> &Listing {
        match split {
            Split::Train => &self.train,
            Split::Validation => &self.validation,
        }
    }

    fn listed(&self) -> Event<'_> {
        Event::Listed {
            classes: self.classes.len(),
            train: self.train.len(),
            validation: self.validation.len(),
            ignored: &self.ignored,
        }
    }

    fn per_class(&self, split: Split) -> BTreeMap<String, u64> {
        let counts = self.listing(split).per_class(self.classes.len());
        std::iter::zip(&self.classes, counts).map(|(class, n)| (class.id.clone(), n)).collect()
    }
}

fn report(
    raw: &Path,
    found: &Found,
    data: &RawData,
    plan: Plan,
    jobs: &[Job],
    mut shards: BTreeMap<String, ShardReport>,
) -> DatasetReport {
    let mut split = |split| {
        let names = jobs.iter().filter(|job| job.split == split).map(|job| &job.name);
        let shards = names.filter_map(|name| shards.remove(name)).collect();
        PreparedSplit::new(data.per_class(split), shards)
    };
    let mut sources = found.describe(raw).to_vec();
    let labels = data.labels.as_deref();
    sources.extend(labels.map(|path| path.strip_prefix(raw).unwrap_or(path).display().to_string()));
    DatasetReport {
        format: 1,
        made_by: concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")).to_owned(),
        layout: found.layout,
        sources,
        ignored_files: data.ignored.len(),
        plan,
        train: split(Split::Train),
        validation: split(Split::Validation),
    }
}
