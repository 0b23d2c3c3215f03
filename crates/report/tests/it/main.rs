//! One binary for the crate's tests.

mod escaping;
mod file;
mod page;
mod sections;
