//! Several yes-or-no questions for each example, of which any number may be true.

use crate::counts::mean;
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
    /// Whether the truth is known; what is not is judged by nothing.
    known: Vec<bool>,
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
        let known = vec![true; truth.len()];
        Ok(Self { labels, scores, truth, known })
    }

    /// The same, judged only where `known`, which has rows as the truth.
    ///
    /// # Errors
    /// [`MetricsError::Length`] if the lists do not fit.
    pub fn where_known(self, known: Vec<bool>) -> Result<Self, MetricsError> {
        check_length("known truths", known.len(), self.truth.len())?;
        Ok(Self { known, ..self })
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
        let rows = || drawn.iter().flat_map(|&example| row(example));
        Self {
            labels: self.labels,
            scores: rows().map(|place| self.scores[place]).collect(),
            truth: rows().map(|place| self.truth[place]).collect(),
            known: rows().map(|place| self.known[place]).collect(),
        }
    }

    /// One label's question, about the examples of which the answer is known.
    ///
    /// # Panics
    /// If there is no such label.
    #[must_use]
    pub fn label(&self, label: usize) -> Scored {
        assert!(label < self.labels, "label {label} of {}", self.labels);
        self.scored((label..self.truth.len()).step_by(self.labels))
    }

    /// What is known at these places.
    fn scored(&self, places: impl Iterator<Item = usize>) -> Scored {
        let known: Vec<usize> = places.filter(|&place| self.known[place]).collect();
        let scores: Vec<f64> = known.iter().map(|&place| self.scores[place]).collect();
        Scored::finite(&scores, known.iter().map(|&place| self.truth[place]).collect())
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
        self.scored(0..self.truth.len())
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

    /// Share of the examples for which every label's answer is right where it is known; `None` of an empty
    /// resample.
    ///
    /// # Errors
    /// [`MetricsError::Length`] unless there is a threshold for each label.
    pub fn exact_matches(&self, thresholds: &[f64]) -> Result<Option<f64>, MetricsError> {
        check_length("thresholds", thresholds.len(), self.labels)?;
        let wrong = self.wrong_answers(thresholds);
        let right = wrong.iter().filter(|&&wrong| wrong == 0).count();
        Ok(share(right as u64, self.len() as u64))
    }

    /// Share of all known answers that are wrong (Hamming loss); `None` if there are none.
    ///
    /// # Errors
    /// [`MetricsError::Length`] unless there is a threshold for each label.
    pub fn hamming_loss(&self, thresholds: &[f64]) -> Result<Option<f64>, MetricsError> {
        check_length("thresholds", thresholds.len(), self.labels)?;
        let wrong: u64 = self.wrong_answers(thresholds).iter().sum();
        Ok(share(wrong, self.known.iter().filter(|&&known| known).count() as u64))
    }

    /// For each example how many of its answers are wrong.
    fn wrong_answers(&self, thresholds: &[f64]) -> Vec<u64> {
        let is_wrong = |place: usize| {
            let answer = self.scores[place] >= thresholds[place % self.labels];
            self.known[place] && answer != self.truth[place]
        };
        let row = |example: usize| example * self.labels..(example + 1) * self.labels;
        let count = |example: usize| row(example).filter(|&place| is_wrong(place)).count() as u64;
        (0..self.len()).map(count).collect()
    }
}
