//! Right and wrong answers of a yes-or-no question.

use serde::{Deserialize, Serialize};

/// How often a yes-or-no question was answered rightly and wrongly: the 2×2 table.
///
/// A share is `None` where nothing is there to share: the sensitivity without positives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Positives taken for positive.
    pub true_positives: u64,
    /// Negatives taken for positive.
    pub false_positives: u64,
    /// Positives taken for negative.
    pub false_negatives: u64,
    /// Negatives taken for negative.
    pub true_negatives: u64,
}

impl Counts {
    /// All examples.
    #[must_use]
    pub fn examples(&self) -> u64 {
        self.positives() + self.negatives()
    }

    /// Examples that are positive.
    #[must_use]
    pub fn positives(&self) -> u64 {
        self.true_positives + self.false_negatives
    }

    /// Examples that are negative.
    #[must_use]
    pub fn negatives(&self) -> u64 {
        self.true_negatives + self.false_positives
    }

    /// Share of the examples that are positive: the prevalence among them.
    #[must_use]
    pub fn prevalence(&self) -> Option<f64> {
        share(self.positives(), self.examples())
    }

    /// Share of right answers.
    #[must_use]
    pub fn accuracy(&self) -> Option<f64> {
        share(self.true_positives + self.true_negatives, self.examples())
    }

    /// Share of the positives that are found: recall, true positive rate.
    #[must_use]
    pub fn sensitivity(&self) -> Option<f64> {
        share(self.true_positives, self.positives())
    }

    /// Share of the negatives that are left alone: true negative rate.
    #[must_use]
    pub fn specificity(&self) -> Option<f64> {
        share(self.true_negatives, self.negatives())
    }

    /// Mean of sensitivity and specificity.
    #[must_use]
    pub fn balanced_accuracy(&self) -> Option<f64> {
        Some(f64::midpoint(self.sensitivity()?, self.specificity()?))
    }

    /// Sensitivity plus specificity minus 1.
    #[must_use]
    pub fn youden(&self) -> Option<f64> {
        Some(self.sensitivity()? + self.specificity()? - 1.0)
    }

    /// Share of the examples taken for positive that are: precision, the positive predictive value
    /// at the prevalence of these examples.
    #[must_use]
    pub fn precision(&self) -> Option<f64> {
        share(self.true_positives, self.true_positives + self.false_positives)
    }

    /// Share of the examples taken for negative that are: the negative predictive value at the
    /// prevalence of these examples.
    #[must_use]
    pub fn npv(&self) -> Option<f64> {
        share(self.true_negatives, self.true_negatives + self.false_negatives)
    }

    /// Positive predictive value where the share `prevalence`, 0 to 1, is positive: what a positive
    /// answer means among people of whom so many are ill, whatever the mix of these examples.
    #[must_use]
    pub fn ppv_at(&self, prevalence: f64) -> Option<f64> {
        let (sensitivity, specificity) = (self.sensitivity()?, self.specificity()?);
        let right = sensitivity * prevalence;
        quotient(right, right + (1.0 - specificity) * (1.0 - prevalence))
    }

    /// Negative predictive value where the share `prevalence`, 0 to 1, is positive.
    #[must_use]
    pub fn npv_at(&self, prevalence: f64) -> Option<f64> {
        let (sensitivity, specificity) = (self.sensitivity()?, self.specificity()?);
        let right = specificity * (1.0 - prevalence);
        quotient(right, right + (1.0 - sensitivity) * prevalence)
    }

    /// Harmonic mean of precision and recall.
    #[must_use]
    pub fn f1(&self) -> Option<f64> {
        let wrong = self.false_positives + self.false_negatives;
        share(2 * self.true_positives, 2 * self.true_positives + wrong)
    }

    /// Matthews' correlation of answers and truth, -1 to 1. `None` where one of them is always the
    /// same (scikit-learn says 0 there).
    #[must_use]
    pub fn mcc(&self) -> Option<f64> {
        let [tp, fp, fn_, tn] = self.as_floats();
        let spread = ((tp + fp) * (tp + fn_) * (tn + fp) * (tn + fn_)).sqrt();
        quotient(tp * tn - fp * fn_, spread)
    }

    /// Cohen's kappa: agreement of answers and truth beyond chance.
    #[must_use]
    pub fn kappa(&self) -> Option<f64> {
        let [tp, fp, fn_, tn] = self.as_floats();
        let by_chance = (tp + fp) * (fp + tn) + (tp + fn_) * (fn_ + tn);
        quotient(2.0 * (tp * tn - fp * fn_), by_chance)
    }

    fn as_floats(&self) -> [f64; 4] {
        let Self { true_positives, false_positives, false_negatives, true_negatives } = *self;
        [true_positives, false_positives, false_negatives, true_negatives].map(|count| count as f64)
    }
}

/// `part / whole`, or `None` of nothing.
pub(crate) fn share(part: u64, whole: u64) -> Option<f64> {
    quotient(part as f64, whole as f64)
}

/// `above / below`, or `None` for a division by zero.
pub(crate) fn quotient(above: f64, below: f64) -> Option<f64> {
    (below != 0.0).then(|| above / below)
}

/// The mean, or `None` of nothing.
pub(crate) fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    quotient(sum, f64::from(count))
}
