//! `--batch-size auto`: each size is tried in a process of its own, because one that ran out of memory is
//! not always good for another step.

use std::process::{Command, Output};
use std::str::FromStr;

use anyhow::{Context, Result};
use resnet::training::batch_size::{self, Trial, choose};
use resnet::training::memory::free_bytes;
use resnet::{Chosen, Recipe};

use crate::ending;
use crate::stdout::say;

/// The first size that is tried.
const FIRST: usize = 8;
/// The largest.
const MOST: usize = 4096;

/// What `--batch-size` says.
#[derive(Debug, Clone, Copy)]
pub(crate) enum BatchSize {
    Auto,
    Images(usize),
}

impl FromStr for BatchSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        text.parse().map(Self::Images).map_err(|error| format!("{error}; write a number, or auto"))
    }
}

/// The size to train with, by trials of this program with the same `flags`; at most `images`.
pub(crate) fn find(flags: &[String], images: usize) -> Result<usize> {
    let program = std::env::current_exe().context("--batch-size auto")?;
    let mut refusal = String::new();
    let attempt = |size: usize| {
        let size_flag = format!("--try-batch-size={size}");
        let output = Command::new(&program).args(flags).arg(size_flag).output().ok()?;
        let trial = result(&output);
        match &trial {
            Some(trial) => {
                let speed = trial.images_per_second;
                drop(say(&format!("Batches of {size}: {speed:.0} images/s.")));
            }
            None => {
                refusal = String::from_utf8_lossy(&output.stderr).into_owned();
                drop(say(&format!("Batches of {size} do not work here.")));
            }
        }
        trial
    };
    let first = FIRST.min(images.max(1));
    let best = choose(first, MOST.min(images), free_bytes(), attempt);
    let size = best.with_context(|| format!("no batch size works here: {refusal}"))?.batch_size;
    say(&format!("Batch size: {size}."))?;
    Ok(size)
}

/// What a trial said, if it came to its end.
fn result(output: &Output) -> Option<Trial> {
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().last().filter(|_| output.status.success())?;
    serde_json::from_str(line).ok()
}

/// Tries batches of `images` and says in JSON how fast they are.
pub(crate) fn attempt(mut recipe: Recipe, images: usize, chosen: &Chosen) -> Result<u8> {
    recipe.train.batch_size = images;
    let trial = batch_size::attempt(&recipe, chosen)?;
    say(&serde_json::to_string(&trial)?)?;
    Ok(ending::DONE)
}
