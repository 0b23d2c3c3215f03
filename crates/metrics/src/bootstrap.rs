//! How much a figure would vary with other examples of the same kind.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

/// Which examples belong together, because they are of one patient, say: they are drawn together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups {
    /// The examples of each group.
    members: Vec<Vec<usize>>,
}

impl Groups {
    /// Every one of `examples` on its own.
    #[must_use]
    pub fn none(examples: usize) -> Self {
        Self { members: (0..examples).map(|example| vec![example]).collect() }
    }

    /// Examples of the same name belong together.
    #[must_use]
    pub fn by_name<S: AsRef<str>>(names: &[S]) -> Self {
        // Ordered, so that the order of groups, and with it every draw, depends on the names alone.
        let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (example, name) in names.iter().enumerate() {
            members.entry(name.as_ref()).or_default().push(example);
        }
        Self { members: members.into_values().collect() }
    }

    /// How many groups there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The groups of the examples `kept`, which are numbered anew in that order.
    #[must_use]
    pub fn of(&self, kept: &[usize]) -> Self {
        let new: BTreeMap<usize, usize> =
            kept.iter().enumerate().map(|(new, &old)| (old, new)).collect();
        let renumber =
            |group: &Vec<usize>| group.iter().filter_map(|old| new.get(old).copied()).collect();
        let groups = self.members.iter().map(renumber);
        Self { members: groups.filter(|group: &Vec<usize>| !group.is_empty()).collect() }
    }

    /// As many groups as there are, drawn with replacement; their examples.
    fn draw(&self, random: &mut ChaCha8Rng) -> Vec<usize> {
        let bound = self.members.len() as u64;
        let drawn = (0..bound).map(|_| &self.members[below(random, bound) as usize]);
        drawn.flatten().copied().collect()
    }
}

/// Percentile bootstrap intervals: the figure of many resamples, each of as many groups as there are,
/// drawn with replacement. The same seed gives the same interval on every machine.
///
/// Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bootstrap {
    /// How many resamples are drawn.
    pub resamples: usize,
    /// Share of the resamples' figures that lies within the interval, 0 to 1.
    pub level: f64,
    /// Seed of the draws.
    pub seed: u64,
}

impl Default for Bootstrap {
    /// 2000 resamples, 95 %.
    fn default() -> Self {
        Self { resamples: 2000, level: 0.95, seed: 0 }
    }
}

/// Where a figure lies in most resamples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// How many resamples had the figure; in the others it was undefined.
    pub resamples: usize,
}

impl Bootstrap {
    /// The interval of one figure, which is computed from the numbers of the drawn examples. `None` if
    /// there are fewer than two groups, or if fewer than half of the resamples have the figure.
    pub fn interval(
        &self,
        groups: &Groups,
        figure: impl Fn(&[usize]) -> Option<f64>,
    ) -> Option<Interval> {
        self.intervals(groups, |drawn| vec![figure(drawn)]).into_iter().next().flatten()
    }

    /// The intervals of several figures, computed from the same resamples. `figures` has to return
    /// as many each time.
    pub fn intervals(
        &self,
        groups: &Groups,
        figures: impl Fn(&[usize]) -> Vec<Option<f64>>,
    ) -> Vec<Option<Interval>> {
        let rows: Vec<_> = (0..self.resamples).map(|n| figures(&self.draw(groups, n))).collect();
        let count = rows.first().map_or(0, Vec::len);
        let column = |n: usize| rows.iter().filter_map(|row| row[n]).collect();
        (0..count).map(|n| self.percentiles(column(n), groups)).collect()
    }

    fn draw(&self, groups: &Groups, resample: usize) -> Vec<usize> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(resample as u64);
        groups.draw(&mut random)
    }

    fn percentiles(&self, mut values: Vec<f64>, groups: &Groups) -> Option<Interval> {
        if groups.len() < 2 || values.len() * 2 < self.resamples.max(1) {
            return None;
        }
        values.sort_by(f64::total_cmp);
        let tail = (1.0 - self.level) / 2.0;
        let (low, high) = (quantile(&values, tail), quantile(&values, 1.0 - tail));
        Some(Interval { low, high, resamples: values.len() })
    }
}

/// The quantile `q` of sorted values, between two of them by linear interpolation, as in NumPy.
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let last = sorted.len() - 1;
    let place = (q * last as f64).clamp(0.0, last as f64);
    let (below, share) = (place.floor() as usize, place.fract());
    let above = (below + 1).min(last);
    sorted[below] + share * (sorted[above] - sorted[below])
}

/// A whole number from 0 to `bound - 1`, each equally likely; `bound` is not 0.
///
/// Source: Lemire, "Fast Random Integer Generation in an Interval", 2019.
fn below(random: &mut ChaCha8Rng, bound: u64) -> u64 {
    let surplus = bound.wrapping_neg() % bound;
    loop {
        let product = u128::from(random.next_u64()) * u128::from(bound);
        if product as u64 >= surplus {
            return (product >> 64) as u64;
        }
    }
}
