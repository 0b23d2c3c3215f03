//! How large the splits are.

use std::str::FromStr;

use super::error::StratifyError;
use crate::split_name;

/// Names of splits and their shares of the images, which add up to 1. Read from
/// `train=0.8,validation=0.1,test=0.1`.
#[derive(Clone, Debug, PartialEq)]
pub struct Fractions(Vec<(String, f64)>);

/// Shares are written with few digits: a third as 0.3333.
const ROUNDING: f64 = 1e-3;

impl Fractions {
    /// Names and shares.
    ///
    /// # Errors
    ///
    /// If there is no split, a name is used twice or is no word, a share is not above 0, or the
    /// shares do not add up to 1.
    pub fn new(splits: Vec<(String, f64)>) -> Result<Self, StratifyError> {
        for (number, (name, share)) in splits.iter().enumerate() {
            let word = |c: char| c.is_alphanumeric() || "-_.".contains(c);
            if name.is_empty() || !name.chars().all(word) {
                return wrong(format!("{name:?} is no name for a split: use letters and digits"));
            }
            let same =
                |(other, _): &(String, f64)| split_name::usual(other) == split_name::usual(name);
            if splits[..number].iter().any(same) {
                return wrong(format!("the split {name} is there twice"));
            }
            if !(share.is_finite() && *share > 0.0) {
                return wrong(format!("the share of {name} is {share}: it must be above 0"));
            }
        }
        let sum: f64 = splits.iter().map(|(_, share)| share).sum();
        if (sum - 1.0).abs() > ROUNDING {
            return wrong(format!("the shares add up to {sum}: they must add up to 1"));
        }
        Ok(Self(splits))
    }

    /// Names and shares, in the order given.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter().map(|(name, share)| (name.as_str(), *share))
    }

    /// The name of a split by its place.
    ///
    /// # Panics
    ///
    /// If there are not as many splits.
    pub fn name(&self, split: usize) -> &str {
        &self.0[split].0
    }
}

impl FromStr for Fractions {
    type Err = StratifyError;

    fn from_str(text: &str) -> Result<Self, StratifyError> {
        let part = |part: &str| {
            let (name, share) = part.split_once('=')?;
            Some((name.trim().to_owned(), share.trim().parse().ok()?))
        };
        match text.split(',').map(part).collect() {
            Some(splits) => Self::new(splits),
            None => wrong(format!("{text:?} is no list such as train=0.8,validation=0.2")),
        }
    }
}

fn wrong(problem: String) -> Result<Fractions, StratifyError> {
    Err(StratifyError::Fractions { problem })
}
