//! One binary for all tests of the crate: Burn is linked once.

#[path = "../../../models/tests/it/formula.rs"]
mod formula;

mod checkpoints;
mod folders;
mod losses;
mod non_finite;
mod pytorch;
mod readbacks;
mod resume;
mod sample;
mod stopping;
