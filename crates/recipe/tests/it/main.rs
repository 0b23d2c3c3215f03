//! One binary for the crate's tests.

mod overrides;
mod recipe;
mod schedules;
