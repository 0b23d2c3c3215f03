//! Answers on standard output; a reader that has seen enough ends the program without a word.

use std::io::{self, Write};

use anyhow::Result;

pub(crate) fn say(text: &str) -> Result<()> {
    match writeln!(io::stdout(), "{text}") {
        // `tfrecord head … | less`, and less was left.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        other => Ok(other?),
    }
}
