//! One binary for the crate's tests.

mod binary;
mod bootstrap;
mod edge_cases;
mod golden;
mod multi_label;
mod properties;
mod several;
mod summary;
