//! The training engine: from a [`Recipe`](resnet_recipe::Recipe) and a set of images to a trained
//! network and everything a run leaves behind.
//!
//! [`run::train`] is the whole of it; the other modules are its parts, in the order in which a batch
//! meets them: [`device`] chooses where to compute, [`input`] brings a batch there, [`loss`] and
//! [`sgd`] make a step, [`meter`] counts on the device, [`checkpoint`] keeps the state.
//!
//! Training, restoring and evaluating are deterministic on the CPU: a run that is stopped and
//! resumed ends with the same bytes as one that is not.

#![warn(missing_docs)]

pub mod checkpoint;
pub mod device;
mod error;
pub mod evaluate;
pub mod folder;
pub mod input;
pub mod learner;
pub mod loaders;
pub mod loss;
pub mod meter;
mod model;
pub mod run;
mod session;
pub mod sgd;
pub mod transforms;

pub use error::TrainError;
pub use model::{build, config};
