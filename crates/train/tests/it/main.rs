//! One binary for all tests of the crate: Burn is linked once.

#[path = "../../../models/tests/it/formula.rs"]
mod formula;

mod checkpoints;
#[cfg(feature = "dataloader")]
mod dataloader;
mod folders;
mod learning;
mod losses;
mod mixing;
mod non_finite;
mod optimizers;
mod plateau;
mod pytorch;
mod readbacks;
mod resume;
mod sample;
mod stopping;
mod transforms;
