//! How a program that has looked for devices ends.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;
use resnet::training::device::a_driver_hangs;

use crate::failure;

/// The exit code of a program that did what it was asked for.
pub(crate) const DONE: u8 = 0;
/// That of one that ended with an error.
pub(crate) const FAILED: u8 = 1;

/// Ends with the exit code that `result` is; an error is told.
pub(crate) fn of(result: Result<u8>) -> ExitCode {
    let code = result.unwrap_or_else(|error| {
        failure::tell(&error);
        FAILED
    });
    if a_driver_hangs() {
        // It holds a lock for which the loader of drivers waits when a program ends in order.
        io::stdout().flush().ok();
        signal_hook::low_level::exit(code.into());
    }
    ExitCode::from(code)
}
