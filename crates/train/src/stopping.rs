//! When a run ends before its recipe does.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use resnet_recipe::EpochReport;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Asks a run to end soon: after the step in hand, with a checkpoint.
///
/// Clones ask the same run. Made for signal handlers: asking sets one flag.
#[derive(Debug, Clone, Default)]
pub struct StopHandle(Arc<AtomicBool>);

impl StopHandle {
    /// Asks.
    pub fn request(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether somebody asked.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// The flag itself, for libraries that set one when a signal arrives.
    #[must_use]
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}

/// A number of the epoch's report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Share of validation images that are right, 0 to 1.
    #[default]
    ValidationTop1,
    /// Share of validation images whose label is among the five best, 0 to 1.
    ValidationTop5,
    /// Cross-entropy on the validation images, in nats.
    ValidationLoss,
    /// Share of training images that are right, 0 to 1.
    TrainTop1,
    /// Share of training images whose label is among the five best, 0 to 1.
    TrainTop5,
    /// Cross-entropy on the training images, in nats.
    TrainLoss,
}

/// No metric has this name.
#[derive(Debug, Error)]
#[error("{0} is not a metric; there are {list}", list = names())]
pub struct UnknownMetric(String);

impl Metric {
    const ALL: [(&str, Self); 6] = [
        ("validation.top1", Self::ValidationTop1),
        ("validation.top5", Self::ValidationTop5),
        ("validation.loss", Self::ValidationLoss),
        ("train.top1", Self::TrainTop1),
        ("train.top5", Self::TrainTop5),
        ("train.loss", Self::TrainLoss),
    ];

    /// Its value, if the epoch has one.
    #[must_use]
    pub fn of(self, epoch: &EpochReport) -> Option<f64> {
        let validation = epoch.validation.as_ref().map(|evaluation| &evaluation.averages);
        let train = Some(&epoch.train);
        Some(match self {
            Self::ValidationTop1 => validation?.top1,
            Self::ValidationTop5 => validation?.top5,
            Self::ValidationLoss => validation?.cross_entropy,
            Self::TrainTop1 => train?.top1,
            Self::TrainTop5 => train?.top5,
            Self::TrainLoss => train?.cross_entropy,
        })
    }

    /// Whether `value` is as good as `other` or better: higher, for a loss lower.
    fn reaches(self, value: f64, other: f64) -> bool {
        match self {
            Self::ValidationLoss | Self::TrainLoss => value <= other,
            _ => value >= other,
        }
    }
}

impl FromStr for Metric {
    type Err = UnknownMetric;

    fn from_str(name: &str) -> Result<Self, UnknownMetric> {
        let known = Self::ALL.iter().find(|(known, _)| *known == name);
        known.map(|&(_, metric)| metric).ok_or_else(|| UnknownMetric(name.to_owned()))
    }
}

fn names() -> String {
    Metric::ALL.map(|(name, _)| name).join(", ")
}

/// When a run has learnt enough, or learns no more. By default never.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct EarlyStop {
    /// What is looked at.
    pub metric: Metric,
    /// Enough is reached at this value.
    pub threshold: Option<f64>,
    /// Epochs in a row without a better value (of those that have one) that are too many.
    pub patience: Option<u64>,
}

/// What early stopping has seen; a part of the checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// What was looked at.
    pub metric: Metric,
    /// The newest value of the metric.
    pub last: f64,
    /// The best one.
    pub best: f64,
    /// Values since the best one.
    pub since_best: u64,
}

/// Why a run ended without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The recipe's last epoch is done.
    Complete,
    /// The option `max_steps` says so.
    StepLimit,
    /// Somebody asked for it through the [`StopHandle`].
    Requested,
    /// The metric has reached its threshold.
    Threshold,
    /// The metric has not improved for too long.
    NoProgress,
}

impl EarlyStop {
    /// What has been seen, with `epoch` added.
    #[must_use]
    pub fn observe(&self, seen: Option<Progress>, epoch: &EpochReport) -> Option<Progress> {
        let Some(last) = self.metric.of(epoch) else { return seen };
        Some(match seen.filter(|seen| seen.metric == self.metric) {
            // Equal is no progress.
            Some(seen) if self.metric.reaches(seen.best, last) => {
                Progress { last, since_best: seen.since_best + 1, ..seen }
            }
            _ => Progress { metric: self.metric, last, best: last, since_best: 0 },
        })
    }

    /// Whether that is reason to end.
    #[must_use]
    pub fn verdict(&self, seen: Option<Progress>) -> Option<Ending> {
        let seen = seen.filter(|seen| seen.metric == self.metric)?;
        if self.threshold.is_some_and(|threshold| self.metric.reaches(seen.last, threshold)) {
            return Some(Ending::Threshold);
        }
        let too_long = self.patience.is_some_and(|patience| seen.since_best >= patience.max(1));
        too_long.then_some(Ending::NoProgress)
    }
}
