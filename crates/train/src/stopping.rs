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
    /// The newest value of the metric; `None` if it is infinite or not a number, which JSON cannot hold.
    pub last: Option<f64>,
    /// The best one; `None` before the first that is finite.
    pub best: Option<f64>,
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
        let Some(value) = self.metric.of(epoch) else { return seen };
        let last = Some(value).filter(|value| value.is_finite());
        let seen = seen.filter(|seen| seen.metric == self.metric);
        let (best, since_best) = seen.map_or((None, 0), |seen| (seen.best, seen.since_best));
        // Equal is no progress, and neither is what is not finite.
        let is_better = last.is_some_and(|last| best.is_none_or(|b| !self.metric.reaches(b, last)));
        let (best, since_best) = if is_better { (last, 0) } else { (best, since_best + 1) };
        Some(Progress { metric: self.metric, last, best, since_best })
    }

    /// Whether that is reason to end.
    #[must_use]
    pub fn verdict(&self, seen: Option<Progress>) -> Option<Ending> {
        let seen = seen.filter(|seen| seen.metric == self.metric)?;
        if let (Some(last), Some(threshold)) = (seen.last, self.threshold)
            && self.metric.reaches(last, threshold)
        {
            return Some(Ending::Threshold);
        }
        let too_long = self.patience.is_some_and(|patience| seen.since_best >= patience.max(1));
        too_long.then_some(Ending::NoProgress)
    }
}

#[cfg(test)]
mod tests {
    use resnet_recipe::{Averages, Evaluation};

    use super::*;
    use crate::checkpoint::Position;

    const PATIENT: EarlyStop =
        EarlyStop { metric: Metric::ValidationLoss, threshold: Some(0.5), patience: Some(2) };

    /// An epoch with this loss on the validation images.
    fn epoch(loss: f64) -> EpochReport {
        let averages = Averages { cross_entropy: loss, top1: 0.1, top5: 0.5 };
        let evaluation = Evaluation { averages, images: 10, seconds: 1.0, bad_images: Vec::new() };
        EpochReport {
            epoch: 1,
            step: 4,
            train: averages,
            validation: Some(evaluation),
            seconds: 1.0,
            bad_images: Vec::new(),
        }
    }

    fn after(losses: &[f64]) -> Option<Progress> {
        losses.iter().fold(None, |seen, &loss| PATIENT.observe(seen, &epoch(loss)))
    }

    #[test]
    fn a_loss_that_is_not_finite_is_no_progress() {
        let [nan, inf] = [f64::NAN, f64::INFINITY];
        for (losses, best, since_best) in [
            (&[nan, 2.0][..], Some(2.0), 0),
            (&[2.0, nan], Some(2.0), 1),
            (&[2.0, inf, 1.5], Some(1.5), 0),
            (&[2.0, inf, 3.0], Some(2.0), 2),
            (&[nan, nan], None, 2),
        ] {
            let seen = after(losses).expect("seen");
            assert_eq!((seen.best, seen.since_best), (best, since_best), "{losses:?}");
        }
        assert_eq!(PATIENT.verdict(after(&[nan, inf])), Some(Ending::NoProgress));
        assert_eq!(PATIENT.verdict(after(&[nan])), None);
        assert_eq!(PATIENT.verdict(after(&[nan, 0.4])), Some(Ending::Threshold));
    }

    #[test]
    fn a_state_with_such_a_loss_can_be_read_again() {
        for losses in [&[f64::NAN][..], &[2.0, f64::INFINITY], &[2.0]] {
            let position = Position { progress: after(losses), ..Position::default() };
            let text = serde_json::to_string(&position).expect("JSON");
            let read: Position = serde_json::from_str(&text).expect(&text);
            assert_eq!(read, position);
        }
    }
}
