//! Files that are there whole or not at all, also after the machine went down, and locks that end with their process;
//! for sums of files [`read_in_pieces`] and [`hex`].
//!
//! ```
//! use resnet_files::{FileLock, replace};
//!
//! # let folder = tempfile::tempdir()?;
//! let path = folder.path().join("classes.json");
//! replace(&path, b"[\"cat\"]")?;
//! replace(&path, b"[\"cat\", \"dog\"]")?;
//! assert_eq!(std::fs::read(&path)?, b"[\"cat\", \"dog\"]");
//!
//! let lock = folder.path().join("run.lock");
//! let mine = FileLock::try_take(&lock)?.expect("nobody else is here");
//! let holder = FileLock::try_take(&lock)?.expect_err("it is taken");
//! assert_eq!(holder.to_string(), format!("process {}", std::process::id()));
//! # drop(mine);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! It needs nothing but the standard library: a file that is being written is as readable for others as any new file, and an error is the
//! system's own, without a name that nobody knows.

#![warn(missing_docs)]

mod lock;
mod pieces;
mod whole;

pub use lock::{FileLock, Holder};
pub use pieces::{hex, read_in_pieces};
pub use whole::{replace, replace_by_way_of, sync_folder};
