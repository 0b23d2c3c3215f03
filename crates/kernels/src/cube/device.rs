//! What runs on the device. A thread of a normalisation is at home in one column and takes several rows of it;
//! sums are f32 whatever the elements are.

pub(super) mod adam;
pub(super) mod gradients;
pub(super) mod layout;
pub(super) mod lengths;
mod loads;
pub(super) mod normalise;
pub(super) mod optimizer;
pub(super) mod statistics;
mod threads;
mod tiles;
pub(super) mod weights;
