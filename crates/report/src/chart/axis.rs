//! From values to places on the paper.

/// An axis: what it shows, and which part of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    pub(crate) label: String,
    range: Option<(f64, f64)>,
    from_zero: bool,
    scale: Scale,
}

/// How values are spread over an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// Equal steps are equally long.
    #[default]
    Linear,
    /// Equal factors are equally long; values of 0 and less are left out.
    Logarithmic,
}

impl Axis {
    /// An axis that shows all values.
    #[must_use]
    pub fn new(label: impl Into<String>) -> Self {
        Self { label: label.into(), range: None, from_zero: false, scale: Scale::Linear }
    }

    /// An axis that shows all values, and zero.
    #[must_use]
    pub fn from_zero(label: impl Into<String>) -> Self {
        Self { from_zero: true, ..Self::new(label) }
    }

    /// An axis for shares, from 0 to 1.
    #[must_use]
    pub fn share(label: impl Into<String>) -> Self {
        Self { range: Some((0.0, 1.0)), ..Self::new(label) }
    }

    /// The axis with another scale.
    #[must_use]
    pub fn with_scale(self, scale: Scale) -> Self {
        Self { scale, ..self }
    }

    /// The axis laid over a line from pixel `from` to pixel `to`, so that it shows `values`.
    pub(super) fn place(&self, values: impl Iterator<Item = f64>, from: f64, to: f64) -> Placed {
        let zero = self.from_zero.then_some(0.0);
        let shown = values.chain(zero).filter(|&value| self.can_show(value));
        let ends = shown.fold(None, |ends, value| {
            let (low, high) = ends.unwrap_or((value, value));
            Some((f64::min(low, value), f64::max(high, value)))
        });
        let (low, high) = self.range.or(ends).unwrap_or((0.0, 1.0));
        let (low, high) = if low < high { (low, high) } else { widened(low, self.scale) };
        Placed { scale: self.scale, low, high, from, to }
    }

    fn can_show(&self, value: f64) -> bool {
        value.is_finite() && (self.scale == Scale::Linear || value > 0.0)
    }
}

/// A range around a single value.
fn widened(value: f64, scale: Scale) -> (f64, f64) {
    match scale {
        Scale::Logarithmic => (value / 2.0, value * 2.0),
        Scale::Linear if value == 0.0 => (0.0, 1.0),
        Scale::Linear => (value - value.abs() / 2.0, value + value.abs() / 2.0),
    }
}

/// An axis that knows where its values lie.
pub(super) struct Placed {
    scale: Scale,
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Placed {
    /// The pixel of a value; `None` for what is not a number or off a logarithmic scale.
    pub(super) fn at(&self, value: f64) -> Option<f64> {
        let share = match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Logarithmic => (value / self.low).ln() / (self.high / self.low).ln(),
        };
        share.is_finite().then(|| self.from + share.clamp(0.0, 1.0) * (self.to - self.from))
    }

    /// About `count` round values with their texts.
    pub(super) fn ticks(&self, count: usize) -> Vec<(f64, String)> {
        match self.scale {
            Scale::Linear => self.even_ticks(count),
            Scale::Logarithmic => {
                let decades = self.decades();
                if decades.len() > 1 { decades } else { self.even_ticks(count) }
            }
        }
    }

    fn even_ticks(&self, count: usize) -> Vec<(f64, String)> {
        let step = round_step((self.high - self.low) / count as f64);
        let decimals = (-step.log10().floor()).clamp(0.0, 12.0) as usize;
        // A little beyond the ends, because the division rounds.
        let first = (self.low / step - 1e-9).ceil() as i64;
        let last = (self.high / step + 1e-9).floor() as i64;
        let text = |value: f64| match decimals {
            // `-0.0` would show its sign.
            0 if value.abs() < 0.5 => "0".to_owned(),
            0 if value.abs() >= 10_000.0 => thousands(value),
            _ => format!("{value:.decimals$}"),
        };
        (first..=last).map(|n| n as f64 * step).map(|value| (value, text(value))).collect()
    }

    fn decades(&self) -> Vec<(f64, String)> {
        let first = (self.low.log10() - 1e-9).ceil() as i32;
        let last = (self.high.log10() + 1e-9).floor() as i32;
        // Wide ranges skip decades.
        let every = ((last - first) / 6 + 1) as usize;
        let tick = |n: i32| (10_f64.powi(n), format!("{}", 10_f64.powi(n)));
        (first..=last).step_by(every).map(tick).collect()
    }
}

/// 1, 2 or 5 times a power of ten, at least `step`.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= step);
    factor.unwrap_or(10.0) * power
}

/// `20000` as `20k`, `1500000` as `1.5M`.
fn thousands(value: f64) -> String {
    let (value, unit) = if value.abs() < 1e6 { (value / 1e3, "k") } else { (value / 1e6, "M") };
    format!("{value}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(axis: &Axis, values: [f64; 2]) -> Vec<String> {
        let placed = axis.place(values.into_iter(), 0.0, 100.0);
        placed.ticks(5).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn ticks_are_round_and_written_as_short_as_they_differ() {
        let axis = Axis::new("");
        assert_eq!(ticks(&axis, [0.0, 1.0]), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(ticks(&axis, [-3.0, 7.0]), ["-2", "0", "2", "4", "6"]);
        assert_eq!(ticks(&axis, [0.0, 450_000.0]), ["0", "100k", "200k", "300k", "400k"]);
        assert_eq!(
            ticks(&axis, [0.011, 0.013]),
            ["0.0110", "0.0115", "0.0120", "0.0125", "0.0130"]
        );
    }

    #[test]
    fn logarithmic_ticks_are_powers_of_ten() {
        let axis = Axis::new("").with_scale(Scale::Logarithmic);
        assert_eq!(ticks(&axis, [0.002, 3.0]), ["0.01", "0.1", "1"]);
        let placed = axis.place([0.01, 1.0].into_iter(), 0.0, 100.0);
        assert!((placed.at(0.1).expect("on the scale") - 50.0).abs() < 1e-9);
        assert_eq!(placed.at(-1.0), None);
    }

    #[test]
    fn one_value_and_none_have_a_range_too() {
        for values in [vec![], vec![2.0], vec![0.0, 0.0], vec![f64::NAN], vec![-4.0]] {
            let placed = Axis::new("").place(values.iter().copied(), 0.0, 100.0);
            assert!(placed.low < placed.high && !placed.ticks(5).is_empty(), "{values:?}");
            assert_eq!(placed.at(f64::NAN), None);
        }
    }
}
