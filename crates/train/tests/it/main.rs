//! One binary for all tests of the crate: Burn is linked once.

#[path = "../../../models/tests/it/formula.rs"]
mod formula;

mod architecture;
mod bad_images;
mod checkpoint_formats;
mod checkpoints;
mod criterion;
#[cfg(feature = "dataloader")]
mod dataloader;
mod folders;
mod freezing;
mod learning;
mod loading;
mod looking;
mod losses;
mod mixing;
mod muon;
mod non_finite;
mod optimizers;
mod other_rule;
mod own_model;
mod plateau;
mod precision;
mod predict;
mod pytorch;
mod ranks;
mod resume;
mod sample;
mod statistics;
mod stopping;
mod stopping_ranks;
mod traces;
mod transforms;
