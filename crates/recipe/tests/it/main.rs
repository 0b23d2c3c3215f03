//! One binary for the crate's tests.

mod csv;
mod overrides;
mod recipe;
mod schedules;
