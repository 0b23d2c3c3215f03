//! One binary for the crate's tests.

mod recipe;
mod schedules;
