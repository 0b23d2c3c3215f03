//! A disk that is soon full.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// A tmpfs of a few mebibytes; unmounted when dropped.
pub(crate) struct SmallDisk {
    folder: PathBuf,
    kibibytes: u64,
}

impl SmallDisk {
    /// Mounts one on `folder`, which is made.
    pub(crate) fn mount(folder: &Path, kibibytes: u64) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let disk = Self { folder: folder.to_owned(), kibibytes };
        disk.call_mount("")?;
        Ok(disk)
    }

    pub(crate) fn kibibytes(&self) -> u64 {
        self.kibibytes
    }

    pub(crate) fn grow(&mut self, more: u64) -> Result<()> {
        self.kibibytes += more;
        self.call_mount("remount,")
    }

    fn call_mount(&self, remount: &str) -> Result<()> {
        let options = format!("{remount}size={}k", self.kibibytes);
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&self.folder);
        let output = command.output().context("cannot run mount")?;
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "cannot mount a tmpfs (needs root): {}", error.trim());
        Ok(())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // What stays mounted is named by the folder that cannot be removed then.
        drop(Command::new("umount").arg(&self.folder).output());
    }
}
