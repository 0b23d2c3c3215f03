//! One binary for the crate's tests.

mod csv;
mod documentation;
mod loss;
mod overrides;
mod presets;
mod recipe;
mod schedules;
