//! Ranks that train together.
//!
//! A *rank* is one of several copies of a training, each with a device and a part of every batch. A
//! [`World`] is what a rank knows of the others: it adds numbers up over all ranks, passes on what one
//! rank has, and finds out whether all mean the same run. Ranks are threads of one process
//! ([`threads`]), processes on any number of machines (`mpi`, with the feature of that name), or threads of such
//! processes ([`nested()`]); a program that trains alone has a world too, [`World::alone`], in which all of this costs nothing.
//!
//! Sums are taken in an order that depends on the number of ranks alone, so that two runs give the
//! same bits. A rank that fails, panics or leaves early makes every other rank's next call an error; so does one
//! that does not come for [some time](TIMEOUT).
//!
//! ```
//! use resnet_distributed::threads;
//!
//! let sums = threads::run(threads::worlds(3), |world| {
//!     let mut values = [world.rank() as f32, 1.0];
//!     world.sum(&mut values)?;
//!     Ok::<_, resnet_distributed::CollectiveError>(values)
//! })?;
//! assert_eq!(sums, [[3.0, 3.0]; 3]);
//! # Ok::<(), resnet_distributed::CollectiveError>(())
//! ```

#![warn(missing_docs)]

mod collective;
mod error;
mod launch;
#[cfg(feature = "mpi")]
pub mod mpi;
mod nested;
pub mod threads;
mod wait;
mod world;

pub use collective::{Collective, Sums, Wire};
pub use error::CollectiveError;
pub use launch::{Launch, LaunchError, detect, is_first};
pub use nested::nested;
pub use wait::Wait;
pub use world::{PendingSum, TIMEOUT, World};
