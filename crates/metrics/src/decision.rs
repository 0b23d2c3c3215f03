//! From probabilities to an answer.

/// How an example is taken for a class.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Decision {
    /// For the most probable one, of equals the first.
    #[default]
    MostProbable,
    /// For one class from a probability on, else for the most probable of the others.
    Threshold {
        /// The class that is asked for.
        positive: usize,
        /// From which probability on it is said.
        threshold: f64,
    },
}

impl Decision {
    /// The class that an example with these probabilities is taken for.
    ///
    /// ```
    /// use resnet_metrics::Decision;
    ///
    /// let ill = Decision::Threshold { positive: 1, threshold: 0.25 };
    /// assert_eq!([[0.75, 0.25], [0.8, 0.2]].map(|row| ill.class(&row)), [1, 0]);
    /// ```
    ///
    /// # Panics
    /// If there are no probabilities, or none of the class that is asked for.
    #[must_use]
    pub fn class(self, probabilities: &[f64]) -> usize {
        let all = 0..probabilities.len();
        let most_probable = |best, class| match probabilities[class] > probabilities[best] {
            true => class,
            false => best,
        };
        let Self::Threshold { positive, threshold } = self else {
            return all.reduce(most_probable).expect("probabilities");
        };
        if probabilities[positive] >= threshold {
            return positive;
        }
        all.filter(|&class| class != positive).reduce(most_probable).unwrap_or(positive)
    }
}
