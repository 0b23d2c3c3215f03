//! One binary for all tests of the crate: Burn is linked once.

#[path = "../../../models/tests/it/formula.rs"]
mod formula;

mod checkpoints;
mod losses;
mod pytorch;
mod readbacks;
mod resume;
mod sample;
mod transforms;
