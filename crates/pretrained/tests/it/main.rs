//! One binary for all tests of the crate.

mod cache;
#[cfg(feature = "download")]
mod download;
#[cfg(feature = "download")]
mod server;
mod table;
