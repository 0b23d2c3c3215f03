//! Answers on standard output.

use std::io::{self, Write};

use anyhow::{Context, Result};

/// Says something. Where nobody reads any more, as with `… | head -1`, nothing is said and work goes on.
pub(crate) fn say(text: &str) -> Result<()> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("standard output"),
    }
}
