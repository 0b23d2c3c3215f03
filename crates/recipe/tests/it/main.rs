//! One binary for the crate's tests.

mod csv;
mod overrides;
mod presets;
mod recipe;
mod schedules;
