//! Values that make sense.

use super::Augment;
use crate::recipe::RecipeError;
use crate::recipe::check::ensure;

const PROBABILITY: &str = "must be a probability from 0 to 1";
pub(crate) const RANGE: &str = "must be two increasing numbers above 0";
pub(crate) const SHARE: &str = "must be two increasing shares above 0 and up to 1";

impl Augment {
    /// Checks every value.
    pub(crate) fn check(&self) -> Result<(), RecipeError> {
        match *self {
            Self::HorizontalFlip { p } => probability("data.augment.horizontal-flip.p", p),
            Self::VerticalFlip { p } => probability("data.augment.vertical-flip.p", p),
            Self::Grayscale { p } => probability("data.augment.grayscale.p", p),
            Self::ColorJitter { brightness, contrast, saturation, hue } => {
                natural("data.augment.color-jitter.brightness", brightness)?;
                natural("data.augment.color-jitter.contrast", contrast)?;
                natural("data.augment.color-jitter.saturation", saturation)?;
                let known = (0.0..=0.5).contains(&hue);
                ensure("data.augment.color-jitter.hue", hue, known, "must be from 0 to 0.5")
            }
            Self::Rotation { degrees, .. } => natural("data.augment.rotation.degrees", degrees),
            Self::RandAugment { ops, magnitude, bins, .. } => {
                ensure("data.augment.rand-augment.ops", ops, ops <= 100, "must be at most 100")?;
                strengths("data.augment.rand-augment.bins", bins)?;
                let below = "must be below bins";
                ensure("data.augment.rand-augment.magnitude", magnitude, magnitude < bins, below)
            }
            Self::TrivialAugmentWide { bins, .. } => {
                strengths("data.augment.trivial-augment-wide.bins", bins)
            }
            Self::AutoAugment { .. } => Ok(()),
            Self::AugMix { severity, width, depth, .. } => {
                let [ten, hundred] = ["must be from 1 to 10", "must be from 1 to 100"];
                let severe = (1..=10).contains(&severity);
                ensure("data.augment.aug-mix.severity", severity, severe, ten)?;
                let wide = (1..=100).contains(&width);
                ensure("data.augment.aug-mix.width", width, wide, hundred)?;
                let deep = depth.is_none_or(|depth| (1..=100).contains(&depth));
                ensure("data.augment.aug-mix.depth", depth, deep, hundred)
            }
            Self::RandomErasing { p, scale, ratio, .. } => {
                probability("data.augment.random-erasing.p", p)?;
                ensure("data.augment.random-erasing.scale", scale, is_share(scale), SHARE)?;
                ensure("data.augment.random-erasing.ratio", ratio, is_range(ratio), RANGE)
            }
        }
    }
}

fn probability(key: &'static str, p: f64) -> Result<(), RecipeError> {
    ensure(key, p, (0.0..=1.0).contains(&p), PROBABILITY)
}

fn natural(key: &'static str, value: f64) -> Result<(), RecipeError> {
    let good = value.is_finite() && value >= 0.0;
    ensure(key, value, good, "must be a finite number of at least 0")
}

fn strengths(key: &'static str, bins: usize) -> Result<(), RecipeError> {
    ensure(key, bins, (2..=1000).contains(&bins), "must be from 2 to 1000")
}

pub(crate) fn is_range([low, high]: [f64; 2]) -> bool {
    0.0 < low && low <= high && high.is_finite()
}

pub(crate) fn is_share(range: [f64; 2]) -> bool {
    is_range(range) && range[1] <= 1.0
}
