//! Answers on standard output, for people or for programs, and new files that are never half
//! written.

use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tempfile::NamedTempFile;
use tfrecord_codec::{RecordWriter, WriterOptions};

use crate::Packing;
use crate::stdout::say;

/// Where answers go.
pub(crate) struct Report {
    json: bool,
}

impl Report {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Says one thing, as `text` or as `json`.
    pub(crate) fn say(
        &self,
        text: impl FnOnce() -> String,
        json: impl FnOnce() -> Value,
    ) -> Result<()> {
        let line = if self.json { json().to_string() } else { text() };
        say(&line)
    }

    /// As [`say`](Self::say), where answers are all that is done: a reader that has seen enough, as with
    /// `tfrecord head … | less`, ends the program without a word.
    pub(crate) fn show(
        &self,
        text: impl FnOnce() -> String,
        json: impl FnOnce() -> Value,
    ) -> Result<()> {
        let line = if self.json { json().to_string() } else { text() };
        match writeln!(io::stdout(), "{line}") {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
            other => other.context("standard output"),
        }
    }
}

/// A file that appears under its name only when it is whole.
pub(crate) struct NewFile<'p> {
    pub(crate) writer: RecordWriter<NamedTempFile>,
    path: &'p Path,
}

impl<'p> NewFile<'p> {
    pub(crate) fn create(path: &'p Path, packing: Packing) -> Result<Self> {
        if path.exists() {
            bail!("{} exists; nothing is overwritten, choose another name", path.display());
        }
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
        let file = temporary(dir.unwrap_or(Path::new(".")))
            .with_context(|| format!("cannot write beside {}", path.display()))?;
        let options = WriterOptions::new().compression(packing.to.into()).level(packing.level);
        Ok(Self { writer: options.write_to(file)?, path })
    }

    /// Gives the file its name.
    pub(crate) fn finish(self) -> Result<()> {
        let file = self.writer.finish()?;
        file.as_file().sync_all()?;
        let kept = file.persist_noclobber(self.path);
        kept.with_context(|| format!("cannot create {}", self.path.display()))?;
        Ok(())
    }
}

/// A file without a name of its own yet, as readable for others as any new file.
fn temporary(dir: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(dir)
}
