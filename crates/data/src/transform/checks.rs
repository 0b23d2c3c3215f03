//! Ranges of parameters.

use crate::error::DataError;

pub(crate) fn require(
    good: bool,
    option: &'static str,
    allowed: &'static str,
    given: &impl std::fmt::Debug,
) -> Result<(), DataError> {
    if good {
        Ok(())
    } else {
        Err(DataError::Option { option, allowed, given: format!("{given:?}") })
    }
}

/// A number of pixels. Larger results than JPEG can hold are a slip, and their areas could overflow.
pub(super) fn side(option: &'static str, value: usize) -> Result<(), DataError> {
    require((1..=65_535).contains(&value), option, "from 1 to 65535", &value)
}

pub(super) fn probability(option: &'static str, p: f64) -> Result<(), DataError> {
    require((0.0..=1.0).contains(&p), option, "a probability from 0 to 1", &p)
}

pub(super) fn share(option: &'static str, scale: (f64, f64)) -> Result<(), DataError> {
    let good = increasing(scale) && scale.1 <= 1.0;
    require(good, option, "two increasing shares above 0 and up to 1", &scale)
}

pub(super) fn ratio(option: &'static str, ratio: (f64, f64)) -> Result<(), DataError> {
    require(increasing(ratio), option, "two increasing numbers above 0", &ratio)
}

fn increasing((low, high): (f64, f64)) -> bool {
    0.0 < low && low <= high && high.is_finite()
}

pub(super) fn natural(option: &'static str, value: f64) -> Result<(), DataError> {
    let good = value.is_finite() && value >= 0.0;
    require(good, option, "a finite number of at least 0", &value)
}
