//! Flags about checkpoints, and about what ends a run early.

use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use resnet::RunOptions;
use resnet::training::OnNonFinite;
use resnet::training::checkpoint::Keep;
use resnet::training::stopping::{EarlyStop, Metric};

#[derive(Debug, Args)]
pub(crate) struct ReliabilityArgs {
    /// Optimizer steps between two checkpoints within an epoch; after each epoch there is one in
    /// any case. [default: none]
    #[arg(long, value_name = "STEPS")]
    checkpoint_every: Option<u64>,

    /// Minutes between two checkpoints within an epoch. [default: none]
    #[arg(long, value_name = "MINUTES")]
    checkpoint_minutes: Option<f64>,

    /// Newest checkpoints that stay.
    #[arg(long, value_name = "N", default_value_t = 3)]
    keep_last: usize,

    /// Checkpoints with the best top-1 accuracy that stay, too.
    #[arg(long, value_name = "N", default_value_t = 0)]
    keep_best: usize,

    /// Checkpoints whose step is a multiple of this stay, too. [default: none]
    #[arg(long, value_name = "STEPS")]
    keep_every: Option<u64>,

    /// What to do when the loss is infinite or NaN: end the run; skip the step; or go back
    /// to the last checkpoint with half the learning rate.
    #[arg(long, value_name = "WHAT", default_value = "stop")]
    on_non_finite: NonFinite,

    /// With `--on-non-finite roll-back`: how often.
    #[arg(long, value_name = "N", default_value_t = 3)]
    max_rollbacks: u32,

    /// Stop when the metric of an epoch reaches this value. [default: none]
    #[arg(long, visible_alias = "stop_threshold", value_name = "VALUE")]
    stop_threshold: Option<f64>,

    /// Stop after this many evaluations in a row without a better value. [default: none]
    #[arg(long, value_name = "EVALUATIONS")]
    patience: Option<u64>,

    /// The metric for `--stop-threshold` and `--patience`: top1, top5 or loss of validation or train.
    #[arg(long, value_name = "METRIC", default_value = "validation.top1")]
    stop_metric: Metric,

    /// With several ranks: seconds that one waits for the others before the run ends with an error; 0 waits
    /// for ever.
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    exchange_timeout: u64,

    /// Go on although the images are not those that the run began with.
    #[arg(long)]
    accept_changed_data: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum NonFinite {
    Stop,
    Skip,
    RollBack,
}

impl ReliabilityArgs {
    /// `options` with what these flags say.
    pub(crate) fn apply(&self, options: RunOptions) -> Result<RunOptions> {
        let after = self.checkpoint_minutes.map(minutes).transpose()?;
        Ok(RunOptions {
            checkpoint_every: self.checkpoint_every,
            checkpoint_after: after,
            keep: Keep {
                last: self.keep_last,
                best: self.keep_best,
                every: self.keep_every,
                ..options.keep
            },
            on_non_finite: match self.on_non_finite {
                NonFinite::Stop => OnNonFinite::Stop,
                NonFinite::Skip => OnNonFinite::SkipStep,
                NonFinite::RollBack => OnNonFinite::RollBack { max: self.max_rollbacks },
            },
            early_stop: EarlyStop {
                metric: self.stop_metric,
                threshold: self.stop_threshold,
                patience: self.patience,
            },
            accept_changed_data: self.accept_changed_data,
            exchange_timeout: Some(Duration::from_secs(self.exchange_timeout))
                .filter(|timeout| !timeout.is_zero()),
            ..options
        })
    }
}

fn minutes(minutes: f64) -> Result<Duration> {
    let wrong = || format!("--checkpoint-minutes {minutes}: give a positive number of minutes");
    Duration::try_from_secs_f64(60.0 * minutes)
        .ok()
        .filter(|duration| !duration.is_zero())
        .with_context(wrong)
}
