//! Scores of a yes-or-no question.

use crate::MetricsError;
use crate::counts::{Counts, quotient};
use crate::error::{check_finite, check_length};

/// Examples that are positive or negative, each with a score: the higher, the more likely positive.
///
/// Examples with equal scores are never told apart, so that no result depends on their order.
#[derive(Debug, Clone)]
pub struct Scored {
    /// The different scores, highest first.
    steps: Vec<Step>,
    /// For each example its place in `steps`.
    step_of: Vec<u32>,
    positive: Vec<bool>,
}

/// The examples of one score.
#[derive(Debug, Clone, Copy)]
struct Step {
    score: f64,
    positives: u64,
    negatives: u64,
}

/// How many examples have this score or a higher one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cumulative {
    pub(crate) score: f64,
    pub(crate) true_positives: u64,
    pub(crate) false_positives: u64,
}

impl Scored {
    /// Examples from their scores, of any range, and whether they are positive.
    ///
    /// # Errors
    /// [`MetricsError`] if there are none, if the lists differ in length, or if a score is infinite or
    /// not a number.
    pub fn new(scores: &[f64], positive: &[bool]) -> Result<Self, MetricsError> {
        check_length("scores", scores.len(), positive.len())?;
        check_finite(scores, 1)?;
        Ok(Self::finite(scores, positive.to_vec()))
    }

    /// [`new`](Self::new) of scores that were checked before; also of none.
    pub(crate) fn finite(scores: &[f64], positive: Vec<bool>) -> Self {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        let mut steps: Vec<Step> = Vec::new();
        let mut step_of = vec![0; scores.len()];
        for index in order {
            // `==`: 0.0 and -0.0 are the same score.
            if steps.last().is_none_or(|last| last.score != scores[index]) {
                steps.push(Step { score: scores[index], positives: 0, negatives: 0 });
            }
            step_of[index] = (steps.len() - 1) as u32;
        }
        let mut scored = Self { steps, step_of, positive };
        scored.count();
        scored
    }

    /// The examples `drawn`, by number, one as often as it is drawn: a resample for
    /// [`Bootstrap`](crate::Bootstrap), or a subgroup. Takes time in proportion to the examples.
    ///
    /// # Panics
    /// If a number is beyond the examples.
    #[must_use]
    pub fn resampled(&self, drawn: &[usize]) -> Self {
        let mut resample = Self {
            steps: self.steps.clone(),
            step_of: drawn.iter().map(|&example| self.step_of[example]).collect(),
            positive: drawn.iter().map(|&example| self.positive[example]).collect(),
        };
        resample.count();
        resample
    }

    fn count(&mut self) {
        for step in &mut self.steps {
            (step.positives, step.negatives) = (0, 0);
        }
        for (&step, &positive) in self.step_of.iter().zip(&self.positive) {
            let step = &mut self.steps[step as usize];
            let count = if positive { &mut step.positives } else { &mut step.negatives };
            *count += 1;
        }
    }

    /// How many examples there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.positive.len()
    }

    /// Whether there are no examples: only a resample of nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.positive.is_empty()
    }

    /// How many examples are positive.
    #[must_use]
    pub fn positives(&self) -> u64 {
        self.steps.iter().map(|step| step.positives).sum()
    }

    /// How many examples are negative.
    #[must_use]
    pub fn negatives(&self) -> u64 {
        self.steps.iter().map(|step| step.negatives).sum()
    }

    /// The different scores from the highest down, and what a threshold there would find.
    pub(crate) fn cumulative(&self) -> impl Iterator<Item = Cumulative> + '_ {
        let (mut true_positives, mut false_positives) = (0, 0);
        let occupied = self.steps.iter().filter(|step| step.positives + step.negatives > 0);
        occupied.map(move |step| {
            true_positives += step.positives;
            false_positives += step.negatives;
            Cumulative { score: step.score, true_positives, false_positives }
        })
    }

    /// Area under the ROC curve: the probability that a positive example has a higher score than a
    /// negative one, ties counting half. `None` unless there are both.
    #[must_use]
    pub fn auroc(&self) -> Option<f64> {
        let (mut below, mut area, mut found) = (0, 0, 0);
        for Cumulative { true_positives, false_positives, .. } in self.cumulative() {
            // Twice the trapezoid, in whole numbers: exact.
            area += (false_positives - below) * (found + true_positives);
            (below, found) = (false_positives, true_positives);
        }
        quotient(area as f64, 2.0 * found as f64 * below as f64)
    }

    /// Average precision: the mean of the precision at each positive example, the area under the
    /// steps of the precision-recall curve. `None` without positives.
    #[must_use]
    pub fn average_precision(&self) -> Option<f64> {
        let (mut found, mut sum) = (0, 0.0);
        for Cumulative { true_positives, false_positives, .. } in self.cumulative() {
            let precision = true_positives as f64 / (true_positives + false_positives) as f64;
            sum += precision * (true_positives - found) as f64;
            found = true_positives;
        }
        quotient(sum, found as f64)
    }

    /// The answers if every example with a score of `threshold` or more is taken for positive.
    #[must_use]
    pub fn counts_at(&self, threshold: f64) -> Counts {
        let mut counts = Counts::default();
        for step in &self.steps {
            if step.score >= threshold {
                counts.true_positives += step.positives;
                counts.false_positives += step.negatives;
            } else {
                counts.false_negatives += step.positives;
                counts.true_negatives += step.negatives;
            }
        }
        counts
    }

    /// Mean squared distance of the scores from 1 (positive) and 0 (negative): the Brier score, if
    /// the scores are probabilities. `None` of an empty resample.
    #[must_use]
    pub fn brier(&self) -> Option<f64> {
        self.mean_over_steps(|score| ((1.0 - score).powi(2), score.powi(2)))
    }

    /// Mean negative logarithm of the probability given to the truth, in nats, if the scores are
    /// probabilities; 0 and 1 are moved inwards by `f64::EPSILON`, as in scikit-learn. `None` of an
    /// empty resample.
    #[must_use]
    pub fn log_loss(&self) -> Option<f64> {
        self.mean_over_steps(|score| {
            let score = score.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
            (-score.ln(), -(-score).ln_1p())
        })
    }

    /// Mean over examples of a cost that depends on the score: (of a positive, of a negative).
    fn mean_over_steps(&self, cost: impl Fn(f64) -> (f64, f64)) -> Option<f64> {
        let sum = self.steps.iter().map(|step| {
            let (positive, negative) = cost(step.score);
            positive * step.positives as f64 + negative * step.negatives as f64
        });
        quotient(sum.sum(), self.len() as f64)
    }
}
