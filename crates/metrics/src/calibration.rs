//! Whether events come true as often as they were said to.

use serde::{Deserialize, Serialize};

use crate::MetricsError;
use crate::error::{check_finite, check_length};

/// The events that were given about the same probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Probabilities above this are in the bin; in the first, 0 too.
    pub above: f64,
    /// Up to this, inclusive.
    pub up_to: f64,
    /// How many events are in it.
    pub events: u64,
    /// Mean of their probabilities; `None` in an empty bin.
    pub probability: Option<f64>,
    /// Share that came true; `None` in an empty bin.
    pub came_true: Option<f64>,
}

/// The reliability curve: events in bins of equal width by their probability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reliability {
    bins: Vec<ReliabilityBin>,
}

impl Reliability {
    /// Bins `events`, of which each was given a probability of 0 to 1 and came true or not: "the
    /// example is ill", say, or "the answer is right".
    ///
    /// # Errors
    /// [`MetricsError`] if there are no events or no bins, if the lists differ in length, or if a
    /// probability is not within 0 to 1.
    pub fn new(
        probabilities: &[f64],
        came_true: &[bool],
        bins: usize,
    ) -> Result<Self, MetricsError> {
        check_length("probabilities", probabilities.len(), came_true.len())?;
        check_finite(probabilities, 1)?;
        if bins == 0 {
            return Err(MetricsError::Empty);
        }
        if let Some(example) = probabilities.iter().position(|p| !(0.0..=1.0).contains(p)) {
            let what = format!("{} is not between 0 and 1", probabilities[example]);
            return Err(MetricsError::NotAProbability { example, what });
        }
        let mut sums = vec![Sum::default(); bins];
        for (&probability, &came_true) in probabilities.iter().zip(came_true) {
            sums[bin_of(probability, bins)].add(probability, came_true);
        }
        let bins = sums.iter().enumerate().map(|(bin, sum)| sum.bin(bin, bins)).collect();
        Ok(Self { bins })
    }

    /// The bins, from low to high probabilities.
    #[must_use]
    pub fn bins(&self) -> &[ReliabilityBin] {
        &self.bins
    }

    /// Expected calibration error: mean over events of the distance between a bin's mean probability
    /// and the share that came true.
    ///
    /// Source: Guo et al., "On Calibration of Modern Neural Networks", 2017.
    #[must_use]
    pub fn expected_error(&self) -> f64 {
        let events: u64 = self.bins.iter().map(|bin| bin.events).sum();
        let weighted = |bin: &ReliabilityBin| bin.gap() * bin.events as f64 / events as f64;
        self.bins.iter().map(weighted).sum()
    }

    /// Maximum calibration error: the largest of those distances.
    #[must_use]
    pub fn maximum_error(&self) -> f64 {
        self.bins.iter().map(ReliabilityBin::gap).fold(0.0, f64::max)
    }
}

impl ReliabilityBin {
    /// Distance of probability and truth; 0 in an empty bin.
    fn gap(&self) -> f64 {
        let gap = self.probability.zip(self.came_true).map(|(said, came)| (said - came).abs());
        gap.unwrap_or(0.0)
    }
}

#[derive(Clone, Copy, Default)]
struct Sum {
    events: u64,
    probability: f64,
    came_true: u64,
}

impl Sum {
    fn add(&mut self, probability: f64, came_true: bool) {
        self.events += 1;
        self.probability += probability;
        self.came_true += u64::from(came_true);
    }

    fn bin(&self, bin: usize, bins: usize) -> ReliabilityBin {
        let share = |of: f64| (self.events > 0).then(|| of / self.events as f64);
        ReliabilityBin {
            above: edge(bin, bins),
            up_to: edge(bin + 1, bins),
            events: self.events,
            probability: share(self.probability),
            came_true: share(self.came_true as f64),
        }
    }
}

/// Rounded as NumPy's `linspace` does, because probabilities do lie on edges.
fn edge(bin: usize, bins: usize) -> f64 {
    if bin == bins { 1.0 } else { bin as f64 * (1.0 / bins as f64) }
}

/// The bin whose lower edge is below `probability` and whose upper edge is not.
fn bin_of(probability: f64, bins: usize) -> usize {
    let guess = ((probability * bins as f64).ceil() as usize).clamp(1, bins) - 1;
    // The product may round to the other side of an edge.
    if guess > 0 && probability <= edge(guess, bins) {
        guess - 1
    } else if guess + 1 < bins && probability > edge(guess + 1, bins) {
        guess + 1
    } else {
        guess
    }
}
