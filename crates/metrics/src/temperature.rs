//! Temperature scaling: one number that makes a network as sure as it is right.

use serde::{Deserialize, Serialize};

use crate::confusion::check_labels;
use crate::error::{check_finite, check_length};
use crate::{MetricsError, softmax};

/// The range within which a temperature is looked for.
const RANGE: (f64, f64) = (0.01, 100.0);

/// What logits are divided by before the softmax. Above 1 makes a network less sure; which class is
/// the most probable stays.
///
/// Source: Guo et al., "On Calibration of Modern Neural Networks", 2017.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Temperature(f64);

/// A row of logits and the true class.
type Example<'a> = (&'a [f64], usize);

impl Temperature {
    /// The temperature with the lowest log loss on validation examples: rows of `classes` logits, and
    /// the true classes. Only fit on examples that neither training nor the final test uses.
    ///
    /// # Errors
    /// [`MetricsError`] if the lists do not fit, if a logit is not finite, or if no temperature between
    /// 0.01 and 100 is best: every answer is right, or answers are no better than chance.
    pub fn fit(classes: usize, logits: &[f64], truth: &[usize]) -> Result<Self, MetricsError> {
        if classes == 0 {
            return Err(MetricsError::NoClasses);
        }
        check_length("logits", logits.len(), truth.len() * classes)?;
        check_finite(logits, classes)?;
        check_labels(truth, classes)?;
        let examples: Vec<Example> =
            logits.chunks_exact(classes).zip(truth.iter().copied()).collect();
        Ok(Self(1.0 / best_inverse(&examples)?))
    }

    /// A temperature that is known.
    ///
    /// # Errors
    /// [`MetricsError::NoTemperature`] if it is not a positive number.
    pub fn new(value: f64) -> Result<Self, MetricsError> {
        let usable = value.is_finite() && value > 0.0;
        let why = "a temperature is a positive number";
        if usable { Ok(Self(value)) } else { Err(MetricsError::NoTemperature { why }) }
    }

    /// The number.
    #[must_use]
    pub fn value(self) -> f64 {
        self.0
    }

    /// The calibrated probabilities of rows of `classes` logits.
    #[must_use]
    pub fn probabilities(self, classes: usize, logits: &[f64]) -> Vec<f64> {
        logits.chunks(classes.max(1)).flat_map(|row| softmax(row, self.0)).collect()
    }
}

/// The inverse temperature at which the slope of the log loss, which only rises, is zero: Newton's
/// steps, halved intervals where one leaves the bracket.
fn best_inverse(examples: &[Example]) -> Result<f64, MetricsError> {
    let (mut low, mut high) = (1.0 / RANGE.1, 1.0 / RANGE.0);
    if slope(examples, low).0 >= 0.0 {
        return Err(MetricsError::NoTemperature { why: "the answers are no better than chance" });
    }
    if slope(examples, high).0 <= 0.0 {
        let why = "nearly every answer is right, so that no confidence is too high";
        return Err(MetricsError::NoTemperature { why });
    }
    let mut inverse = 1.0;
    // Far more than are needed: both together end at the last bit.
    for _ in 0..100 {
        let (value, rise) = slope(examples, inverse);
        if value < 0.0 {
            low = inverse;
        } else {
            high = inverse;
        }
        let step = inverse - value / rise;
        let next = if step > low && step < high { step } else { f64::midpoint(low, high) };
        if next == inverse {
            break;
        }
        inverse = next;
    }
    Ok(inverse)
}

/// First and second derivative of the mean log loss by the inverse temperature: by how much the
/// expected logit exceeds the true class' one, and the variance of the logits.
fn slope(examples: &[Example], inverse: f64) -> (f64, f64) {
    let (mut first, mut second) = (0.0, 0.0);
    for (row, truth) in examples {
        let weights = softmax(row, 1.0 / inverse);
        let expected: f64 = weights.iter().zip(*row).map(|(p, z)| p * z).sum();
        let spread = weights.iter().zip(*row).map(|(p, z)| p * (z - expected).powi(2));
        first += expected - row[*truth];
        second += spread.sum::<f64>();
    }
    (first / examples.len() as f64, second / examples.len() as f64)
}
