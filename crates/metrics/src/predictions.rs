//! Probabilities of several classes, of which one is true.

use crate::confusion::{Confusion, check_labels};
use crate::counts::{mean, share};
use crate::error::{check_finite, check_length};
use crate::{Decision, MetricsError, Reliability, Scored, softmax};

/// How far the probabilities of an example may be from a sum of 1: what 32-bit floats leave.
const SUM_TOLERANCE: f64 = 1e-3;

/// A probability of each class for each example, and the true class.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    classes: usize,
    /// Rows of `classes`.
    probabilities: Vec<f64>,
    truth: Vec<usize>,
}

impl Predictions {
    /// Rows of `classes` probabilities, one row for each label in `truth`.
    ///
    /// # Errors
    /// [`MetricsError`] if there is nothing, if the lists do not fit, if a label is not a class, or if
    /// a row is no distribution: each within 0 to 1, the sum within 0.001 of 1.
    pub fn new(
        classes: usize,
        probabilities: Vec<f64>,
        truth: Vec<usize>,
    ) -> Result<Self, MetricsError> {
        check_shape(classes, &probabilities, "probabilities", &truth)?;
        for (example, row) in probabilities.chunks_exact(classes).enumerate() {
            check_distribution(row)
                .map_err(|what| MetricsError::NotAProbability { example, what })?;
        }
        Ok(Self { classes, probabilities, truth })
    }

    /// [`new`](Self::new) from a network's outputs before the softmax.
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub fn from_logits(
        classes: usize,
        logits: &[f32],
        truth: Vec<usize>,
    ) -> Result<Self, MetricsError> {
        let logits: Vec<f64> = logits.iter().map(|&logit| f64::from(logit)).collect();
        check_shape(classes, &logits, "logits", &truth)?;
        let rows = logits.chunks_exact(classes);
        let probabilities = rows.flat_map(|row| softmax(row, 1.0)).collect();
        Ok(Self { classes, probabilities, truth })
    }

    /// The examples `drawn`, by number: a resample, or a subgroup.
    ///
    /// # Panics
    /// If a number is beyond the examples.
    #[must_use]
    pub fn resampled(&self, drawn: &[usize]) -> Self {
        Self {
            classes: self.classes,
            probabilities: drawn.iter().flat_map(|&example| self.row(example)).copied().collect(),
            truth: drawn.iter().map(|&example| self.truth[example]).collect(),
        }
    }

    /// How many classes there are.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// How many examples there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.truth.len()
    }

    /// Whether there are no examples: only a resample of nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.truth.is_empty()
    }

    /// The true classes.
    #[must_use]
    pub fn truth(&self) -> &[usize] {
        &self.truth
    }

    /// The probabilities of one example.
    ///
    /// # Panics
    /// If there is no such example.
    #[must_use]
    pub fn row(&self, example: usize) -> &[f64] {
        &self.probabilities[example * self.classes..][..self.classes]
    }

    fn rows(&self) -> impl Iterator<Item = (&[f64], usize)> {
        self.probabilities.chunks_exact(self.classes).zip(self.truth.iter().copied())
    }

    /// The class that each example is taken for.
    ///
    /// # Panics
    /// If the decision asks for what is no class.
    #[must_use]
    pub fn answers(&self, decision: Decision) -> Vec<usize> {
        self.rows().map(|(row, _)| decision.class(row)).collect()
    }

    /// The answers, counted.
    ///
    /// # Panics
    /// As [`answers`](Self::answers).
    #[must_use]
    pub fn confusion(&self, decision: Decision) -> Confusion {
        let pairs = self.rows().map(|(row, truth)| (truth, decision.class(row)));
        Confusion::counted(self.classes, pairs)
    }

    /// Share of the examples whose class is among the `k` most probable; of equals the first classes
    /// come first. `None` of an empty resample.
    #[must_use]
    pub fn top_k(&self, k: usize) -> Option<f64> {
        let right = self.top_k_hits(k).into_iter().filter(|&hit| hit).count();
        share(right as u64, self.len() as u64)
    }

    pub(crate) fn top_k_hits(&self, k: usize) -> Vec<bool> {
        self.rows().map(|(row, truth)| rank(row, truth) < k).collect()
    }

    /// "Is it this class?", scored by its probability.
    ///
    /// # Panics
    /// If it is not a class.
    #[must_use]
    pub fn one_vs_rest(&self, class: usize) -> Scored {
        let (scores, is_it): (Vec<f64>, Vec<bool>) =
            self.rows().map(|(row, truth)| (row[class], truth == class)).unzip();
        Scored::finite(&scores, is_it)
    }

    /// Mean of the one-vs-rest AUROC over the classes that have it, every class weighing the same.
    /// Classes without examples, of which scikit-learn makes an error, are left out.
    #[must_use]
    pub fn macro_auroc(&self) -> Option<f64> {
        mean((0..self.classes).filter_map(|class| self.one_vs_rest(class).auroc()))
    }

    /// Mean of the one-vs-rest average precision over the classes that have examples.
    #[must_use]
    pub fn macro_average_precision(&self) -> Option<f64> {
        mean((0..self.classes).filter_map(|class| self.one_vs_rest(class).average_precision()))
    }

    /// Mean negative logarithm of the probability of the true class, in nats; 0 is moved inwards by
    /// `f64::EPSILON`, as in scikit-learn. `None` of an empty resample.
    #[must_use]
    pub fn log_loss(&self) -> Option<f64> {
        mean(self.log_losses().into_iter())
    }

    /// Mean over examples of the squared distances of all its probabilities from 1 and 0, summed: 0
    /// to 2. For two classes that is twice [`Scored::brier`]. `None` of an empty resample.
    #[must_use]
    pub fn brier(&self) -> Option<f64> {
        mean(self.briers().into_iter())
    }

    pub(crate) fn log_losses(&self) -> Vec<f64> {
        let inwards = f64::EPSILON..=1.0 - f64::EPSILON;
        let clamped = |p: f64| p.clamp(*inwards.start(), *inwards.end());
        self.rows().map(|(row, truth)| -clamped(row[truth]).ln()).collect()
    }

    pub(crate) fn briers(&self) -> Vec<f64> {
        let distance = |(row, truth): (&[f64], usize)| {
            let squares: f64 = row.iter().map(|p| p * p).sum();
            squares - 2.0 * row[truth] + 1.0
        };
        self.rows().map(distance).collect()
    }

    /// The probability of each example's answer.
    #[must_use]
    pub fn confidences(&self) -> Vec<f64> {
        self.rows().map(|(row, _)| row[most_probable(row)]).collect()
    }

    /// Whether each example's answer is right.
    #[must_use]
    pub fn hits(&self) -> Vec<bool> {
        self.rows().map(|(row, truth)| most_probable(row) == truth).collect()
    }

    /// How often answers are right that are given with a certain confidence, in `bins` of equal width.
    ///
    /// # Errors
    /// [`MetricsError::Empty`] without bins or of an empty resample.
    pub fn reliability(&self, bins: usize) -> Result<Reliability, MetricsError> {
        Reliability::new(&self.confidences(), &self.hits(), bins)
    }
}

fn check_shape(
    classes: usize,
    values: &[f64],
    what: &'static str,
    truth: &[usize],
) -> Result<(), MetricsError> {
    if classes == 0 {
        return Err(MetricsError::NoClasses);
    }
    check_length(what, values.len(), truth.len() * classes)?;
    check_finite(values, classes)?;
    check_labels(truth, classes)
}

fn check_distribution(row: &[f64]) -> Result<(), String> {
    if let Some(p) = row.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        return Err(format!("its probability {p} is not between 0 and 1"));
    }
    let sum: f64 = row.iter().sum();
    let near = (sum - 1.0).abs() <= SUM_TOLERANCE;
    if near { Ok(()) } else { Err(format!("its probabilities add up to {sum}, not to 1")) }
}

fn most_probable(row: &[f64]) -> usize {
    Decision::MostProbable.class(row)
}

/// How many classes come before `class`.
fn rank(row: &[f64], class: usize) -> usize {
    let before = |&(other, p): &(usize, &f64)| *p > row[class] || *p == row[class] && other < class;
    row.iter().enumerate().filter(before).count()
}
