//! The program under test: `train_imagenet` on the bundled sample, made small.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use anyhow::{Context, Result, ensure};

/// ResNet-8 on 14-pixel images, 40 steps in each epoch, a checkpoint every other step.
const FLAGS: [&str; 12] = [
    "--device",
    "cpu",
    "--image-size",
    "14",
    "--batch-size",
    "64",
    "--checkpoint-every",
    "2",
    "--log-every",
    "5",
    "--workers",
    "1",
];

/// Where the program lies, and how long its run is.
pub(crate) struct Training {
    program: PathBuf,
    epochs: u64,
    ranks: usize,
}

impl Training {
    /// Beside this program.
    pub(crate) fn find(epochs: u64, ranks: usize) -> Result<Self> {
        let program = std::env::current_exe()?.with_file_name("train_imagenet");
        ensure!(
            program.exists(),
            "{} is missing: cargo build --release --examples",
            program.display()
        );
        Ok(Self { program, epochs, ranks })
    }

    /// Starts or continues the run in `model`.
    pub(crate) fn start(&self, model: &Path) -> Result<Child> {
        let mut command = Command::new(&self.program);
        command.args(FLAGS).arg("--train-epochs").arg(self.epochs.to_string());
        command.arg("--model-dir").arg(model);
        if self.ranks > 1 {
            command.arg("--sync-batch-norm").arg("--num-gpus").arg(self.ranks.to_string());
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command.spawn().with_context(|| format!("cannot start {}", self.program.display()))
    }

    /// Lets the run in `model` go on until it ends by itself, however it ends.
    pub(crate) fn wait(&self, model: &Path) -> Result<Output> {
        Ok(self.start(model)?.wait_with_output()?)
    }

    /// Lets the run in `model` go on until it is complete.
    pub(crate) fn run_to_end(&self, model: &Path) -> Result<()> {
        let output = self.wait(model)?;
        ensure!(output.status.success(), "the run failed: {}", error_text(&output));
        Ok(())
    }
}

pub(crate) fn error_text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).trim().to_owned()
}
