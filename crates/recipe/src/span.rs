//! A stretch of a run, in the unit that a person thinks in.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// A stretch of training, or the moment at its end: `5`, `"5 epochs"`, `"1000 steps"`,
/// `"50000 examples"` or `"10%"` of the run. A plain number means epochs.
///
/// ```
/// use resnet_recipe::{RunLength, Span};
///
/// let run = RunLength { steps_per_epoch: 100, batch_size: 32, total_steps: 9000 };
/// assert_eq!("2.5 epochs".parse::<Span>()?.in_steps(&run), 250);
/// assert_eq!("320 examples".parse::<Span>()?.in_steps(&run), 10);
/// assert_eq!("10%".parse::<Span>()?.in_steps(&run), 900);
/// # Ok::<(), resnet_recipe::SpanError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Span {
    /// Passes over the training set.
    Epochs(f64),
    /// Optimizer steps.
    Steps(u64),
    /// Training images; in steps, rounded to whole batches.
    Examples(u64),
    /// Hundredths of the whole run.
    Percent(f64),
}

/// What the length of a [`Span`] in steps depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunLength {
    /// Optimizer steps in an epoch.
    pub steps_per_epoch: u64,
    /// Images per optimizer step.
    pub batch_size: usize,
    /// Optimizer steps of the whole run.
    pub total_steps: u64,
}

/// A text that is no [`Span`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{0}` is no length: write 5 or \"5 epochs\", \"1000 steps\", \"50000 examples\" or \"10%\""
)]
pub struct SpanError(String);

impl Span {
    /// The nearest whole number of optimizer steps.
    #[must_use]
    pub fn in_steps(self, run: &RunLength) -> u64 {
        match self {
            Self::Epochs(epochs) => (epochs * run.steps_per_epoch as f64).round() as u64,
            Self::Steps(steps) => steps,
            Self::Examples(examples) => {
                (examples as f64 / run.batch_size.max(1) as f64).round() as u64
            }
            Self::Percent(percent) => (percent / 100.0 * run.total_steps as f64).round() as u64,
        }
    }

    /// The number in front of the unit.
    #[must_use]
    pub fn amount(self) -> f64 {
        match self {
            Self::Epochs(amount) | Self::Percent(amount) => amount,
            Self::Steps(amount) | Self::Examples(amount) => amount as f64,
        }
    }

    pub(crate) fn is_length(self) -> bool {
        self.amount().is_finite() && self.amount() >= 0.0
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Epochs(epochs) => write!(f, "{epochs} epochs"),
            Self::Steps(steps) => write!(f, "{steps} steps"),
            Self::Examples(examples) => write!(f, "{examples} examples"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        let text = text.trim();
        let is_number = |c: char| c.is_ascii_digit() || ".+-".contains(c);
        let (number, unit) = text.split_at(text.find(|c| !is_number(c)).unwrap_or(text.len()));
        let span = match unit.trim() {
            "" | "epoch" | "epochs" => number.parse().ok().map(Self::Epochs),
            "step" | "steps" => number.parse().ok().map(Self::Steps),
            "example" | "examples" => number.parse().ok().map(Self::Examples),
            "%" | "percent" => number.parse().ok().map(Self::Percent),
            _ => None,
        };
        span.filter(|span| span.is_length()).ok_or_else(|| SpanError(text.to_owned()))
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Epochs(epochs) => serializer.serialize_f64(*epochs),
            other => serializer.collect_str(other),
        }
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SpanVisitor)
    }
}

struct SpanVisitor;

impl Visitor<'_> for SpanVisitor {
    type Value = Span;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a length such as 5, \"5 epochs\", \"1000 steps\", \"50000 examples\" or \"10%\"",
        )
    }

    fn visit_f64<E: de::Error>(self, epochs: f64) -> Result<Span, E> {
        let span = Span::Epochs(epochs);
        if span.is_length() { Ok(span) } else { Err(E::custom(SpanError(epochs.to_string()))) }
    }

    fn visit_i64<E: de::Error>(self, epochs: i64) -> Result<Span, E> {
        self.visit_f64(epochs as f64)
    }

    fn visit_u64<E: de::Error>(self, epochs: u64) -> Result<Span, E> {
        self.visit_f64(epochs as f64)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Span, E> {
        text.parse().map_err(E::custom)
    }
}
