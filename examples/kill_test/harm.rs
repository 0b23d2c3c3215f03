//! What can happen to a run.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use resnet::data::SampleRng;

use crate::result::{checkpoints, names};
use crate::training::error_text;

/// A run that was asked to stop has this long.
const PATIENCE: Duration = Duration::from_secs(10);
/// Exit code of a run that was stopped by a signal and is saved.
const SAVED: i32 = 75;
/// Exit code of a run that a second SIGINT ended at once.
const AT_ONCE: i32 = 130;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Harm {
    /// SIGKILL.
    Kill,
    /// SIGTERM: the run has ten seconds to save and end.
    Term,
    /// SIGINT, and a second one up to 50 ms later.
    Interrupt,
    /// SIGKILL, then a file of the newest checkpoint is cut off at a random place.
    Truncate,
    /// The disk is full; it grows a little each time.
    FullDisk,
}

impl Harm {
    /// Does it to the run `child` in `model`, and says what was seen.
    pub(crate) fn strike(
        self,
        mut child: Child,
        model: &Path,
        random: &mut SampleRng,
    ) -> Result<String> {
        match self {
            Self::Kill | Self::FullDisk => {
                child.kill()?;
                child.wait()?;
                Ok(seen_after_kill(model))
            }
            Self::Truncate => {
                child.kill()?;
                child.wait()?;
                truncate(model, random)
            }
            Self::Term => {
                signal(&child, "TERM")?;
                end_of(child, &[SAVED])
            }
            Self::Interrupt => {
                signal(&child, "INT")?;
                sleep(Duration::from_secs_f64(random.uniform(0.0, 0.05)));
                signal(&child, "INT")?;
                end_of(child, &[SAVED, AT_ONCE])
            }
        }
    }
}

/// Sends a signal; a program that has ended by itself cannot be reached any more.
fn signal(child: &Child, name: &str) -> Result<()> {
    // The shell's own `kill`: a small system has no program of this name.
    let command = format!("kill -{name} {}", child.id());
    Command::new("sh").args(["-c", &command]).output().context("cannot run sh")?;
    Ok(())
}

/// Waits for the end and checks its code: one of `codes`, 0 for a run that was complete, or none
/// at all for one that the signal met before it could be handled.
fn end_of(mut child: Child, codes: &[i32]) -> Result<String> {
    let start = Instant::now();
    while child.try_wait()?.is_none() {
        ensure!(start.elapsed() < PATIENCE, "the run did not end within {PATIENCE:?}");
        sleep(Duration::from_millis(1));
    }
    let took = start.elapsed().as_millis();
    let output = child.wait_with_output()?;
    let code = output.status.code();
    let expected = code.is_none_or(|code| code == 0 || codes.contains(&code));
    ensure!(expected, "{}: {}", output.status, error_text(&output));
    Ok(format!("{} after {took} ms", in_words(output.status)))
}

fn in_words(status: ExitStatus) -> String {
    match status.code() {
        Some(0) => "complete".to_owned(),
        Some(code) => format!("exit code {code}"),
        None => "ended before it could handle signals".to_owned(),
    }
}

fn seen_after_kill(model: &Path) -> String {
    let names = names(&model.join("checkpoints"));
    let writing = names.iter().any(|name| name.starts_with("partial-"));
    let whole = names.iter().filter(|name| name.starts_with("step-"));
    let newest = whole.max().map_or("none", String::as_str);
    let writing = if writing { ", while another one was written" } else { "" };
    format!("newest checkpoint {newest}{writing}")
}

/// Cuts a file of the newest checkpoint, if there is an older one to go back to.
fn truncate(model: &Path, random: &mut SampleRng) -> Result<String> {
    let checkpoints = checkpoints(model);
    let [.., _, newest] = &checkpoints[..] else {
        return Ok("too few checkpoints to damage one".to_owned());
    };
    let names = names(newest);
    let name = &names[random.below(names.len() as u64) as usize];
    let path = newest.join(name);
    let length = fs::metadata(&path)?.len();
    let shorter = random.below(length);
    File::options().write(true).open(&path)?.set_len(shorter)?;
    Ok(format!("{}: {shorter} of {length} bytes left", path.strip_prefix(model)?.display()))
}
