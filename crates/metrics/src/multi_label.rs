//! Several yes-or-no questions for each example, of which any number may be true.

use crate::confusion::mean;
use crate::counts::{Counts, share};
use crate::error::{check_finite, check_length};
use crate::{MetricsError, Scored};

/// Scores of several labels for each example, and which of them are true.
#[derive(Debug, Clone)]
pub struct MultiLabel {
    labels: usize,
    /// Rows of `labels`.
    scores: Vec<f64>,
    truth: Vec<bool>,
}

impl MultiLabel {
    /// Rows of `labels` scores, higher for likelier, and rows of the truth.
    ///
    /// # Errors
    /// [`MetricsError`] if there is nothing, if the lists do not fit, or if a score is not finite.
    pub fn new(labels: usize, scores: Vec<f64>, truth: Vec<bool>) -> Result<Self, MetricsError> {
        if labels == 0 {
            return Err(MetricsError::NoClasses);
        }
        check_length("scores", scores.len(), truth.len())?;
        let whole_rows = truth.len().next_multiple_of(labels);
        check_length("truths", truth.len(), whole_rows)?;
        check_finite(&scores, labels)?;
        Ok(Self { labels, scores, truth })
    }

    /// How many labels there are.
    #[must_use]
    pub fn labels(&self) -> usize {
        self.labels
    }

    /// How many examples there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.truth.len() / self.labels
    }

    /// Whether there are no examples: only a resample of nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.truth.is_empty()
    }

    /// The examples `drawn`, by number: a resample, or a subgroup.
    ///
    /// # Panics
    /// If a number is beyond the examples.
    #[must_use]
    pub fn resampled(&self, drawn: &[usize]) -> Self {
        let row = |example: usize| example * self.labels..(example + 1) * self.labels;
        Self {
            labels: self.labels,
            scores: drawn.iter().flat_map(|&example| &self.scores[row(example)]).copied().collect(),
            truth: drawn.iter().flat_map(|&example| &self.truth[row(example)]).copied().collect(),
        }
    }

    /// One label's question.
    ///
    /// # Panics
    /// If there is no such label.
    #[must_use]
    pub fn label(&self, label: usize) -> Scored {
        assert!(label < self.labels, "label {label} of {}", self.labels);
        let every = |n: usize| (label..n).step_by(self.labels);
        let scores: Vec<f64> = every(self.scores.len()).map(|place| self.scores[place]).collect();
        Scored::finite(&scores, every(self.truth.len()).map(|place| self.truth[place]).collect())
    }

    /// Mean of the AUROC over the labels that have it.
    #[must_use]
    pub fn macro_auroc(&self) -> Option<f64> {
        mean((0..self.labels).filter_map(|label| self.label(label).auroc()))
    }

    /// Mean of the average precision over the labels that have positives.
    #[must_use]
    pub fn macro_average_precision(&self) -> Option<f64> {
        mean((0..self.labels).filter_map(|label| self.label(label).average_precision()))
    }

    /// All questions about all examples as one: the micro average of whatever is asked of it.
    #[must_use]
    pub fn micro(&self) -> Scored {
        Scored::finite(&self.scores, self.truth.clone())
    }

    /// The answers to each label's question if scores of its threshold or more are yes.
    ///
    /// # Errors
    /// [`MetricsError::Length`] unless there is a threshold for each label.
    pub fn counts_at(&self, thresholds: &[f64]) -> Result<Vec<Counts>, MetricsError> {
        check_length("thresholds", thresholds.len(), self.labels)?;
        let counts = |(label, &threshold)| self.label(label).counts_at(threshold);
        Ok(thresholds.iter().enumerate().map(counts).collect())
    }

    /// Share of the examples for which every label's answer is right; `None` of an empty resample.
    ///
    /// # Errors
    /// [`MetricsError::Length`] unless there is a threshold for each label.
    pub fn exact_matches(&self, thresholds: &[f64]) -> Result<Option<f64>, MetricsError> {
        check_length("thresholds", thresholds.len(), self.labels)?;
        let wrong = self.wrong_answers(thresholds);
        let right = wrong.iter().filter(|&&wrong| wrong == 0).count();
        Ok(share(right as u64, self.len() as u64))
    }

    /// Share of all answers that are wrong (Hamming loss); `None` of an empty resample.
    ///
    /// # Errors
    /// [`MetricsError::Length`] unless there is a threshold for each label.
    pub fn hamming_loss(&self, thresholds: &[f64]) -> Result<Option<f64>, MetricsError> {
        check_length("thresholds", thresholds.len(), self.labels)?;
        let wrong: u64 = self.wrong_answers(thresholds).iter().sum();
        Ok(share(wrong, self.truth.len() as u64))
    }

    /// For each example how many of its answers are wrong.
    fn wrong_answers(&self, thresholds: &[f64]) -> Vec<u64> {
        let rows = self.scores.chunks(self.labels).zip(self.truth.chunks(self.labels));
        let count = |(scores, truth): (&[f64], &[bool])| {
            let answers =
                scores.iter().zip(thresholds).map(|(score, threshold)| score >= threshold);
            answers.zip(truth).filter(|(answer, truth)| answer != *truth).count() as u64
        };
        rows.map(count).collect()
    }
}
