//! The training engine: from a [`Recipe`](resnet_recipe::Recipe) and a set of images to a trained
//! network and everything a run leaves behind.
//!
//! [`run::train`] is the whole of it; the other modules are its parts, in the order in which a batch
//! meets them: [`device`] chooses where to compute, [`input`] brings a batch there, [`mix`],
//! [`loss`], [`criterion`], [`gradients`] and [`optimizer`] make a step, [`ema`] follows it, [`meter`] counts on the
//! device, [`checkpoint`] keeps the state.
//!
//! Training, restoring and evaluating are deterministic on the CPU: a run that is stopped and
//! resumed ends with the same bytes as one that is not.
//!
//! ```no_run
//! use std::{path::Path, sync::Arc};
//! use resnet_data::{ImageRecords, LabelRange, Split};
//! use resnet_recipe::{Fanout, presets};
//! use resnet_train::device::{DeviceChoice, choose};
//! use resnet_train::run::{Datasets, RunOptions, train};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let open = |split| ImageRecords::open(Path::new("shards"), split, LabelRange::imagenet(10));
//! let images = Datasets {
//!     train: Arc::new(open(Split::Train)?),
//!     validation: Arc::new(open(Split::Validation)?),
//! };
//! let (recipe, options) = (presets::cifar10_resnet20(), RunOptions::new("runs/cifar10"));
//! let outcome = train(&recipe, &images, &options, &choose(DeviceChoice::Auto)?, &mut Fanout::default())?;
//! println!("{} steps, best: {:?}", outcome.steps, outcome.best);
//! # Ok(())
//! # }
//! ```

#![warn(missing_docs)]

mod architecture;
mod backward;
mod batch_norm;
pub mod batch_size;
pub mod checkpoint;
pub mod criterion;
#[cfg(feature = "dataloader")]
pub mod dataloader;
pub mod device;
pub mod ema;
mod error;
pub mod evaluate;
mod exchange;
mod export;
mod flat;
pub mod folder;
pub mod gradients;
mod host;
mod identity;
mod initial;
pub mod input;
mod label_sets;
pub mod learner;
pub mod loaders;
mod lock;
pub mod loss;
pub mod lr_finder;
pub mod memory;
pub mod meter;
pub mod mix;
mod model;
mod non_finite;
pub mod optimizer;
mod options;
mod out_of_memory;
pub mod pixels;
pub mod precision;
pub mod predict;
pub mod ranks;
pub mod report;
mod resume;
pub mod run;
mod session;
mod state;
pub mod stopping;
mod tally;
pub mod teacher;
pub mod trace;
pub mod transforms;
mod untrained;

pub use architecture::IdleKey;
pub use error::TrainError;
pub use export::{Exported, export};
pub use identity::Identity;
pub use initial::InitialWeights;
pub use lock::lock_folder;
pub use model::{NetworkError, build, config};
pub use non_finite::OnNonFinite;
