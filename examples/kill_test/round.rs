//! One run from its start to its end, with everything that happens to it.

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Result, ensure};
use resnet::data::SampleRng;

use crate::disk::SmallDisk;
use crate::harm::Harm;
use crate::result::{compare, names};
use crate::training::{Training, error_text};

/// Runs that are harmed until that has happened often enough.
pub(crate) struct Rounds {
    pub(crate) training: Training,
    pub(crate) undisturbed: PathBuf,
    /// How long that took.
    pub(crate) seconds: f64,
    pub(crate) random: SampleRng,
    pub(crate) wanted: usize,
    pub(crate) done: usize,
}

impl Rounds {
    /// Starts a run in `model` again and again, harming it up to a third of its length later, until
    /// it is complete.
    pub(crate) fn with_harm(&mut self, model: &Path, harm: Harm) -> Result<()> {
        while self.done < self.wanted {
            let mut child = self.training.start(model)?;
            let moment = Duration::from_secs_f64(self.random.uniform(0.0, self.seconds / 3.0));
            sleep(moment);
            if let Some(status) = child.try_wait()? {
                ensure!(status.success(), "{}", error_text(&child.wait_with_output()?));
                break;
            }
            let seen = harm.strike(child, model, &mut self.random)?;
            self.done += 1;
            println!("{:3}  {harm:?} after {:4} ms: {seen}", self.done, moment.as_millis());
        }
        self.training.run_to_end(model)?;
        if harm == Harm::Truncate {
            let names = names(&model.join("checkpoints"));
            let damaged = names.iter().filter(|name| name.starts_with("damaged-")).count();
            println!("     {damaged} damaged checkpoints were found and set aside");
        }
        compare(&self.undisturbed, model)
    }

    /// Lets a run go on in `model`, a disk that is too small, and makes it a little larger each time
    /// it is full.
    pub(crate) fn with_full_disk(&mut self, model: &Path) -> Result<()> {
        let mut disk = SmallDisk::mount(model, self.kibibytes(100.0, 1500.0))?;
        loop {
            let output = self.training.wait(model)?;
            if output.status.success() {
                break;
            }
            let error = error_text(&output);
            let is_clear = error.contains("No space left on device") && !error.contains("panicked");
            ensure!(output.status.code() == Some(1) && is_clear, "{}: {error}", output.status);
            self.done += 1;
            println!("{:3}  full at {} KiB: {error}", self.done, disk.kibibytes());
            let more = self.kibibytes(40.0, 300.0);
            disk.grow(more)?;
        }
        compare(&self.undisturbed, model)
    }

    fn kibibytes(&mut self, low: f64, high: f64) -> u64 {
        self.random.uniform(low, high) as u64
    }
}
