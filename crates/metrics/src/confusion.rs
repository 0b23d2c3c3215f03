//! How often each class was taken for each.

use serde::{Deserialize, Serialize};

use crate::counts::{Counts, quotient, share};
use crate::{MetricsError, error};

/// The confusion matrix: rows are the truth, columns the answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    classes: usize,
    counts: Vec<u64>,
}

/// How much a confusion of two classes counts.
#[derive(Clone, Copy)]
enum Distance {
    Any,
    Squared,
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
        let mut counts = vec![0; classes * classes];
        for (truth, predicted) in pairs {
            counts[truth * classes + predicted] += 1;
        }
        Self { classes, counts }
    }

    /// How many classes there are.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// How many examples of class `truth` were taken for class `predicted`.
    ///
    /// # Panics
    /// If one of them is not a class.
    #[must_use]
    pub fn count(&self, truth: usize, predicted: usize) -> u64 {
        self.row(truth)[predicted]
    }

    /// What the examples of class `truth` were taken for.
    ///
    /// # Panics
    /// If it is not a class.
    #[must_use]
    pub fn row(&self, truth: usize) -> &[u64] {
        &self.counts[truth * self.classes..][..self.classes]
    }

    /// All examples.
    #[must_use]
    pub fn examples(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The answers to "is it this class?".
    ///
    /// # Panics
    /// If it is not a class.
    #[must_use]
    pub fn class(&self, class: usize) -> Counts {
        self.counts_of(class, self.row_sum(class), self.column_sum(class), self.examples())
    }

    /// [`class`](Self::class) for each of them.
    #[must_use]
    pub fn per_class(&self) -> Vec<Counts> {
        let (rows, columns) = self.sums();
        let examples = rows.iter().sum();
        let of = |class| self.counts_of(class, rows[class], columns[class], examples);
        (0..self.classes).map(of).collect()
    }

    fn counts_of(&self, class: usize, row: u64, column: u64, examples: u64) -> Counts {
        let true_positives = self.count(class, class);
        let (false_positives, false_negatives) = (column - true_positives, row - true_positives);
        let true_negatives = examples - row - false_positives;
        Counts { true_positives, false_positives, false_negatives, true_negatives }
    }

    /// Share of right answers.
    #[must_use]
    pub fn accuracy(&self) -> Option<f64> {
        share(self.right(), self.examples())
    }

    /// Mean over the classes that occur of the share of their examples that are found: macro recall.
    #[must_use]
    pub fn balanced_accuracy(&self) -> Option<f64> {
        let found = self.per_class();
        mean(found.iter().filter_map(Counts::sensitivity))
    }

    /// Mean over classes of the precision. Classes that neither occur nor are answered are left out;
    /// one that occurs and is never answered counts as 0, as in scikit-learn.
    #[must_use]
    pub fn macro_precision(&self) -> Option<f64> {
        let seen = self.per_class().into_iter().filter(is_seen);
        mean(seen.map(|counts| counts.precision().unwrap_or(0.0)))
    }

    /// Mean over classes of F1. Classes that neither occur nor are answered are left out.
    #[must_use]
    pub fn macro_f1(&self) -> Option<f64> {
        mean(self.per_class().iter().filter_map(Counts::f1))
    }

    /// Matthews' correlation of answers and truth for any number of classes, -1 to 1. `None` where
    /// one of them is always the same.
    #[must_use]
    pub fn mcc(&self) -> Option<f64> {
        let (rows, columns) = self.sums();
        let dot = |a: &[u64], b: &[u64]| -> f64 {
            a.iter().zip(b).map(|(&a, &b)| a as f64 * b as f64).sum()
        };
        let (examples, right) = (self.examples() as f64, self.right() as f64);
        let spread = |sums: &[u64]| examples * examples - dot(sums, sums);
        let both = (spread(&rows) * spread(&columns)).sqrt();
        quotient(right * examples - dot(&rows, &columns), both)
    }

    /// Cohen's kappa: agreement of answers and truth beyond chance, at most 1. `None` where chance
    /// agrees always.
    #[must_use]
    pub fn kappa(&self) -> Option<f64> {
        self.weighted_kappa(Distance::Any)
    }

    /// Quadratic kappa, for classes that are in order (grades): a confusion counts by the square of
    /// its distance.
    #[must_use]
    pub fn quadratic_kappa(&self) -> Option<f64> {
        self.weighted_kappa(Distance::Squared)
    }

    fn weighted_kappa(&self, distance: Distance) -> Option<f64> {
        let (rows, columns) = self.sums();
        let (mut observed, mut by_chance) = (0.0, 0.0);
        for (cell, &count) in self.counts.iter().enumerate() {
            let (truth, predicted) = (cell / self.classes, cell % self.classes);
            let weight = distance.weight(truth, predicted);
            observed += weight * count as f64;
            by_chance += weight * rows[truth] as f64 * columns[predicted] as f64;
        }
        Some(1.0 - quotient(observed * self.examples() as f64, by_chance)?)
    }

    /// The pairs of different classes that were confused most often, as (truth, answer, how often);
    /// of equals the first classes first.
    #[must_use]
    pub fn worst_pairs(&self, most: usize) -> Vec<(usize, usize, u64)> {
        let cells = self.counts.iter().enumerate();
        let mut pairs: Vec<_> = cells
            .map(|(cell, &count)| (cell / self.classes, cell % self.classes, count))
            .filter(|&(truth, predicted, count)| truth != predicted && count > 0)
            .collect();
        pairs.sort_by_key(|&(truth, predicted, count)| (u64::MAX - count, truth, predicted));
        pairs.truncate(most);
        pairs
    }

    fn right(&self) -> u64 {
        (0..self.classes).map(|class| self.count(class, class)).sum()
    }

    fn row_sum(&self, class: usize) -> u64 {
        self.row(class).iter().sum()
    }

    fn column_sum(&self, class: usize) -> u64 {
        (0..self.classes).map(|truth| self.count(truth, class)).sum()
    }

    fn sums(&self) -> (Vec<u64>, Vec<u64>) {
        let all = || 0..self.classes;
        (
            all().map(|class| self.row_sum(class)).collect(),
            all().map(|class| self.column_sum(class)).collect(),
        )
    }
}

impl Distance {
    fn weight(self, a: usize, b: usize) -> f64 {
        match self {
            Self::Any => f64::from(u8::from(a != b)),
            Self::Squared => (a.abs_diff(b) as f64).powi(2),
        }
    }
}

fn is_seen(counts: &Counts) -> bool {
    counts.positives() + counts.false_positives > 0
}

/// The mean, or `None` of nothing.
pub(crate) fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    quotient(sum, f64::from(count))
}

pub(crate) fn check_labels(labels: &[usize], classes: usize) -> Result<(), MetricsError> {
    match labels.iter().position(|&label| label >= classes) {
        Some(example) => Err(MetricsError::Label { example, label: labels[example], classes }),
        None => Ok(()),
    }
}
