//! What is wrong with the numbers that are to be judged.

use thiserror::Error;

/// The input cannot be judged. Examples and classes are counted from 0.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum MetricsError {
    /// No examples.
    #[error("there are no examples to judge")]
    Empty,
    /// No classes.
    #[error("there are no classes to tell apart")]
    NoClasses,
    /// Two lists that belong together differ in length.
    #[error("there are {found} {what}, and {expected} are needed: one for each example and class")]
    Length {
        /// What there is too much or too little of.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// A score or probability is infinite or not a number.
    #[error(
        "example {example}: its score {score} is not a finite number; \
         the weights that made it may have diverged"
    )]
    NotFinite {
        /// Which example.
        example: usize,
        /// Its score.
        score: f64,
    },
    /// A probability lies outside of 0 to 1, or those of an example do not add up to 1.
    #[error("example {example}: {what}; pass logits through `softmax` first")]
    NotAProbability {
        /// Which example.
        example: usize,
        /// What is wrong, in words.
        what: String,
    },
    /// A label names a class that does not exist.
    #[error("example {example}: its label is {label}, and the classes are 0 to {}", classes - 1)]
    Label {
        /// Which example.
        example: usize,
        /// Its label.
        label: usize,
        /// How many classes there are.
        classes: usize,
    },
    /// No temperature fits best.
    #[error(
        "no temperature fits best: {why}; leave the probabilities as they are, \
         or fit on other validation examples"
    )]
    NoTemperature {
        /// Why.
        why: &'static str,
    },
}

/// Checks that there are examples, and `found` of something for each of them.
pub(crate) fn check_length(
    what: &'static str,
    found: usize,
    expected: usize,
) -> Result<(), MetricsError> {
    match (found, expected) {
        (_, 0) => Err(MetricsError::Empty),
        (found, expected) if found != expected => {
            Err(MetricsError::Length { what, found, expected })
        }
        _ => Ok(()),
    }
}

/// Checks that every score of the rows of `width` is a finite number.
pub(crate) fn check_finite(scores: &[f64], width: usize) -> Result<(), MetricsError> {
    match scores.iter().position(|score| !score.is_finite()) {
        Some(place) => {
            Err(MetricsError::NotFinite { example: place / width, score: scores[place] })
        }
        None => Ok(()),
    }
}
