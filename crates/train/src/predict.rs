//! What a trained network says about images.
//!
//! [`Trained`] is a network with everything that was decided when it was trained; a [`Predictor`] asks
//! it. Images go through the loader and the validation transform of the recipe, so answers are those
//! of an evaluation.

mod answer;
mod ensemble;
mod heat_map;
mod predictor;
mod trained;

pub use answer::{Guess, Prediction};
pub use ensemble::Ensemble;
pub use heat_map::{Explained, HeatMap};
pub use predictor::Predictor;
pub use trained::Trained;
