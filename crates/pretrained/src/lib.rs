//! Published weights of ResNets: their names, addresses and hashes, and a folder where they are kept.
//!
//! ```
//! use resnet_pretrained::{Cache, PretrainedError, Request};
//!
//! let request: Request = "resnet50.tv_v2".parse()?;
//! let cache = Cache::new("cache/resnet");
//! match cache.find(&request) {
//!     Ok(found) => println!("{}", found.path.display()),
//!     // Says where the file is published and where to put it.
//!     Err(error @ PretrainedError::Absent { .. }) => println!("{error}"),
//!     Err(error) => return Err(error.into()),
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! This crate never reads the environment: the program says where the cache is. With the feature
//! `download`, `Cache::fetch` gets what is missing.

#![warn(missing_docs)]

mod cache;
#[cfg(feature = "download")]
mod download;
mod error;
mod hash;
mod request;
mod table;

pub use cache::{Cache, Found};
#[cfg(feature = "download")]
pub use download::{Progress, Retries};
pub use error::{PretrainedError, RequestError, UnknownName};
pub use request::Request;
pub use table::{Interpolation, Published, by_name, published};
