//! How far numbers lie from those that they should be.

use burn::tensor::TensorData;

/// Sums of squares, added up over tensors: of the difference, and of what it is compared with.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Distance {
    difference: f64,
    reference: f64,
}

impl Distance {
    /// Of everything that is missing.
    const UNKNOWN: Self = Self { difference: f64::NAN, reference: f64::NAN };

    /// Unknown if the shapes differ.
    pub(crate) fn between(found: &TensorData, expected: &TensorData) -> Self {
        if found.shape() != expected.shape() {
            return Self::UNKNOWN;
        }
        let pairs = found.iter::<f64>().zip(expected.iter::<f64>());
        pairs.fold(Self::default(), |sum, (found, expected)| Self {
            difference: sum.difference + (found - expected).powi(2),
            reference: sum.reference + expected.powi(2),
        })
    }

    /// To what there should be; what is missing is as wrong as can be.
    pub(crate) fn of(found: Option<&TensorData>, expected: &TensorData) -> Self {
        found.map_or(Self::UNKNOWN, |found| Self::between(found, expected))
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.difference += other.difference;
        self.reference += other.reference;
    }

    /// Length of the difference relative to that of the reference; not a number if either is not.
    pub(crate) fn relative(self) -> f64 {
        if self.difference == 0.0 { 0.0 } else { (self.difference / self.reference).sqrt() }
    }
}
