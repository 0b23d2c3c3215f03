//! How often each class was taken for each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::counts::Counts;
use crate::margins::Margins;
use crate::{MetricsError, error};

/// The confusion matrix: rows are the truth, columns the answers.
///
/// Only the cells that are not zero are held, of which there are no more than examples: with many classes
/// the whole would be most of the memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Whole", into = "Whole")]
pub struct Confusion {
    classes: usize,
    /// By truth and answer.
    counts: BTreeMap<(usize, usize), u64>,
}

/// As it is written: row by row.
#[derive(Serialize, Deserialize)]
struct Whole {
    classes: usize,
    counts: Vec<u64>,
}

impl Confusion {
    /// Counts the answers `predicted` to the labels `truth`, both of 0 to `classes - 1`.
    ///
    /// # Errors
    /// [`MetricsError`] if there are no examples, if the lists differ in length, or if a label is not
    /// a class.
    pub fn new(classes: usize, truth: &[usize], predicted: &[usize]) -> Result<Self, MetricsError> {
        if classes == 0 {
            return Err(MetricsError::NoClasses);
        }
        error::check_length("answers", predicted.len(), truth.len())?;
        for labels in [truth, predicted] {
            check_labels(labels, classes)?;
        }
        Ok(Self::counted(classes, truth.iter().copied().zip(predicted.iter().copied())))
    }

    /// Counts pairs of truth and answer, which are known to be classes.
    pub(crate) fn counted(classes: usize, pairs: impl Iterator<Item = (usize, usize)>) -> Self {
        let mut counts = BTreeMap::new();
        for pair in pairs {
            *counts.entry(pair).or_default() += 1;
        }
        Self { classes, counts }
    }

    /// How many classes there are.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// How many examples of class `truth` were taken for class `predicted`; none where one is no class.
    #[must_use]
    pub fn count(&self, truth: usize, predicted: usize) -> u64 {
        self.counts.get(&(truth, predicted)).copied().unwrap_or(0)
    }

    /// What the examples of class `truth` were taken for.
    #[must_use]
    pub fn row(&self, truth: usize) -> Vec<u64> {
        (0..self.classes).map(|predicted| self.count(truth, predicted)).collect()
    }

    /// All examples.
    #[must_use]
    pub fn examples(&self) -> u64 {
        self.counts.values().sum()
    }

    /// The answers to "is it this class?".
    ///
    /// # Panics
    /// If it is not a class.
    #[must_use]
    pub fn class(&self, class: usize) -> Counts {
        self.margins().class(class)
    }

    /// [`class`](Self::class) for each of them.
    #[must_use]
    pub fn per_class(&self) -> Vec<Counts> {
        self.margins().per_class().collect()
    }

    /// Share of right answers.
    #[must_use]
    pub fn accuracy(&self) -> Option<f64> {
        self.margins().accuracy()
    }

    /// Mean over the classes that occur of the share of their examples that are found: macro recall.
    #[must_use]
    pub fn balanced_accuracy(&self) -> Option<f64> {
        self.margins().balanced_accuracy()
    }

    /// Mean over classes of the precision. Classes that neither occur nor are answered are left out;
    /// one that occurs and is never answered counts as 0, as in scikit-learn.
    #[must_use]
    pub fn macro_precision(&self) -> Option<f64> {
        self.margins().macro_precision()
    }

    /// Mean over classes of F1. Classes that neither occur nor are answered are left out.
    #[must_use]
    pub fn macro_f1(&self) -> Option<f64> {
        self.margins().macro_f1()
    }

    /// Matthews' correlation of answers and truth for any number of classes, -1 to 1. `None` where
    /// one of them is always the same.
    #[must_use]
    pub fn mcc(&self) -> Option<f64> {
        self.margins().mcc()
    }

    /// Cohen's kappa: agreement of answers and truth beyond chance, at most 1. `None` where chance
    /// agrees always.
    #[must_use]
    pub fn kappa(&self) -> Option<f64> {
        self.margins().kappa()
    }

    /// Quadratic kappa, for classes that are in order (grades): a confusion counts by the square of
    /// its distance.
    #[must_use]
    pub fn quadratic_kappa(&self) -> Option<f64> {
        self.margins().quadratic_kappa()
    }

    /// The pairs of different classes that were confused most often, as (truth, answer, how often);
    /// of equals the first classes first.
    #[must_use]
    pub fn worst_pairs(&self, most: usize) -> Vec<(usize, usize, u64)> {
        let wrong = self.cells().filter(|(truth, predicted, _)| truth != predicted);
        let mut pairs: Vec<_> = wrong.collect();
        pairs.sort_by_key(|&(truth, predicted, count)| (u64::MAX - count, truth, predicted));
        pairs.truncate(most);
        pairs
    }

    /// Those that are not zero.
    fn cells(&self) -> impl Iterator<Item = (usize, usize, u64)> {
        self.counts.iter().map(|(&(truth, predicted), &count)| (truth, predicted, count))
    }

    fn margins(&self) -> Margins {
        Margins::counted(self.classes, self.cells())
    }
}

impl From<Confusion> for Whole {
    fn from(confusion: Confusion) -> Self {
        let classes = confusion.classes;
        Self { classes, counts: (0..classes).flat_map(|truth| confusion.row(truth)).collect() }
    }
}

impl TryFrom<Whole> for Confusion {
    type Error = MetricsError;

    fn try_from(Whole { classes, counts }: Whole) -> Result<Self, MetricsError> {
        error::check_length("cells", counts.len(), classes.saturating_mul(classes))?;
        let cells = counts.into_iter().enumerate().filter(|(_, count)| *count > 0);
        let counts = cells.map(|(cell, count)| ((cell / classes, cell % classes), count)).collect();
        Ok(Self { classes, counts })
    }
}

pub(crate) fn check_labels(labels: &[usize], classes: usize) -> Result<(), MetricsError> {
    match labels.iter().position(|&label| label >= classes) {
        Some(example) => Err(MetricsError::Label { example, label: labels[example], classes }),
        None => Ok(()),
    }
}
