//! The sums of a confusion matrix, from which most figures of several classes follow.

use crate::counts::{Counts, mean, quotient, share};

/// Sums of the rows and the columns of a matrix, and its diagonal: as many numbers as there are classes, where
/// the matrix has their square.
pub(crate) struct Margins {
    /// Examples of each class.
    truth: Vec<u64>,
    /// Answers of each class.
    answers: Vec<u64>,
    /// Right answers of each class.
    right: Vec<u64>,
    examples: u64,
    /// The sum of the squared distances between truth and answer.
    squares: u128,
}

impl Margins {
    /// Adds up triples of truth, answer and how often, which are known to be classes.
    pub(crate) fn counted(
        classes: usize,
        cells: impl Iterator<Item = (usize, usize, u64)>,
    ) -> Self {
        let none = || vec![0; classes];
        let mut all =
            Self { truth: none(), answers: none(), right: none(), examples: 0, squares: 0 };
        for (truth, answer, count) in cells {
            all.truth[truth] += count;
            all.answers[answer] += count;
            all.right[truth] += if truth == answer { count } else { 0 };
            all.examples += count;
            all.squares += (truth.abs_diff(answer) as u128).pow(2) * u128::from(count);
        }
        all
    }

    /// The answers to "is it this class?".
    pub(crate) fn class(&self, class: usize) -> Counts {
        let true_positives = self.right[class];
        let false_positives = self.answers[class] - true_positives;
        let false_negatives = self.truth[class] - true_positives;
        let true_negatives = self.examples - self.truth[class] - false_positives;
        Counts { true_positives, false_positives, false_negatives, true_negatives }
    }

    /// [`class`](Self::class) for each of them.
    pub(crate) fn per_class(&self) -> impl Iterator<Item = Counts> {
        (0..self.truth.len()).map(|class| self.class(class))
    }

    pub(crate) fn accuracy(&self) -> Option<f64> {
        share(self.hits(), self.examples)
    }

    pub(crate) fn balanced_accuracy(&self) -> Option<f64> {
        mean(self.per_class().filter_map(|counts| counts.sensitivity()))
    }

    pub(crate) fn macro_precision(&self) -> Option<f64> {
        let seen =
            self.per_class().filter(|counts| counts.positives() + counts.false_positives > 0);
        mean(seen.map(|counts| counts.precision().unwrap_or(0.0)))
    }

    pub(crate) fn macro_f1(&self) -> Option<f64> {
        mean(self.per_class().filter_map(|counts| counts.f1()))
    }

    pub(crate) fn mcc(&self) -> Option<f64> {
        let spread = |sums: &[u64]| (self.pairs() - dot(sums, sums)) as f64;
        let both = (spread(&self.truth) * spread(&self.answers)).sqrt();
        let (agreed, by_chance) = (u128::from(self.hits()) * u128::from(self.examples), self.dot());
        quotient(agreed as f64 - by_chance as f64, both)
    }

    pub(crate) fn kappa(&self) -> Option<f64> {
        let wrong = u128::from(self.examples - self.hits());
        self.beyond_chance(wrong, self.pairs() - self.dot())
    }

    /// By chance a truth `i` and an answer `j` are together as often as the product of their shares, and
    /// `(i - j)² = i² + j² - 2 i j`.
    pub(crate) fn quadratic_kappa(&self) -> Option<f64> {
        let moment = |sums: &[u64], power: u32| -> u128 {
            let counts = sums.iter().enumerate();
            counts.map(|(class, &count)| (class as u128).pow(power) * u128::from(count)).sum()
        };
        let of_both = |power| [&self.truth, &self.answers].map(|sums| moment(sums, power));
        let ([one, other], squares) = (of_both(1), of_both(2).iter().sum::<u128>());
        self.beyond_chance(self.squares, u128::from(self.examples) * squares - 2 * one * other)
    }

    /// `1 - observed / by chance`, where what is by chance is that much over the number of examples.
    fn beyond_chance(&self, observed: u128, by_chance: u128) -> Option<f64> {
        let observed = observed * u128::from(self.examples);
        Some(1.0 - quotient(observed as f64, by_chance as f64)?)
    }

    fn hits(&self) -> u64 {
        self.right.iter().sum()
    }

    fn pairs(&self) -> u128 {
        u128::from(self.examples).pow(2)
    }

    fn dot(&self) -> u128 {
        dot(&self.truth, &self.answers)
    }
}

fn dot(a: &[u64], b: &[u64]) -> u128 {
    a.iter().zip(b).map(|(&a, &b)| u128::from(a) * u128::from(b)).sum()
}
