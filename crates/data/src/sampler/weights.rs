//! Samples that are drawn more or less often.

use std::collections::HashMap;

use super::Draw;
use crate::error::DataError;
use crate::random::SampleRng;
use crate::source::Source;

/// Draws samples in proportion to their weights, with replacement.
pub(super) struct Weights {
    /// The weight of each sample and all before it.
    sums: Vec<f64>,
    /// The last sample that has a weight.
    last: usize,
}

impl Weights {
    /// Each image by its own weight.
    pub(super) fn of_images(source: &dyn Source) -> Result<Self, DataError> {
        let weights = (0..source.len()).map(|index| {
            let weight = f64::from(source.weight(index));
            if weight.is_finite() && weight >= 0.0 {
                return Ok(weight);
            }
            let given = format!("{weight} ({})", source.place(index));
            Err(DataError::Option { option: "weight", allowed: "finite and not negative", given })
        });
        Self::new(&weights.collect::<Result<Vec<_>, _>>()?)
    }

    /// Each class as often as any other, and within a class each image.
    pub(super) fn of_classes(source: &dyn Source) -> Result<Self, DataError> {
        let labels = (0..source.len()).map(|index| source.label(index));
        let labels = labels.collect::<Result<Vec<_>, _>>()?;
        let mut counts = HashMap::new();
        for &label in &labels {
            *counts.entry(label).or_insert(0u32) += 1;
        }
        let weights = labels.iter().map(|label| 1.0 / f64::from(counts[label]));
        Self::new(&weights.collect::<Vec<_>>())
    }

    fn new(weights: &[f64]) -> Result<Self, DataError> {
        let last = weights.iter().rposition(|&weight| weight > 0.0).ok_or_else(|| {
            let allowed = "above 0 for one image at least";
            DataError::Option { option: "weight", allowed, given: "0 for all".to_owned() }
        })?;
        let mut sum = 0.0;
        let sums = weights.iter().map(|weight| {
            sum += weight;
            sum
        });
        Ok(Self { sums: sums.collect(), last })
    }

    /// As many draws as there are samples.
    pub(super) fn draw(&self, seed: u64, epoch: u64) -> Vec<Draw> {
        let mut rng = SampleRng::for_order(seed, epoch);
        let mut drawn = vec![0u32; self.sums.len()];
        let draw = |_| {
            let sample = self.sample_at(rng.uniform(0.0, self.sums[self.last]));
            let repetition = drawn[sample];
            drawn[sample] += 1;
            let sample = u32::try_from(sample).expect("Loader::new checks the number of samples");
            Draw { sample, repetition }
        };
        (0..self.sums.len()).map(draw).collect()
    }

    /// The sample at this place on a line where each is as long as its weight.
    fn sample_at(&self, place: f64) -> usize {
        // A product may round up to the whole length, which belongs to nobody.
        self.sums.partition_point(|&sum| sum <= place).min(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::Weights;

    /// A changed draw would change every resumed run: these numbers must never change.
    #[test]
    fn draws_are_pinned() {
        let draws = Weights::new(&[1.0, 0.0, 2.5, 0.5]).unwrap().draw(42, 0);
        let draws: Vec<_> = draws.iter().map(|draw| (draw.sample, draw.repetition)).collect();
        assert_eq!(draws, [(3, 0), (2, 0), (2, 1), (0, 0)]);
    }

    #[test]
    fn samples_are_drawn_in_proportion_to_their_weights() {
        let mut weights = [0.0; 1000];
        weights[10] = 1.0;
        weights[20] = 3.0;
        let weights = Weights::new(&weights).unwrap();
        let draws: Vec<_> = (0..100).flat_map(|epoch| weights.draw(7, epoch)).collect();
        let count = |sample| draws.iter().filter(|draw| draw.sample == sample).count();
        assert_eq!(count(10) + count(20), 100_000, "nothing else has a weight");
        // Four standard deviations of a binomial distribution.
        assert!(count(10).abs_diff(25_000) < 4 * 137, "{}", count(10));
    }

    #[test]
    fn the_end_of_the_line_belongs_to_the_last_sample_with_a_weight() {
        let weights = Weights::new(&[1.0, 2.0, 0.0]).unwrap();
        let samples = [0.0, 0.99, 1.0, 2.99, 3.0].map(|place| weights.sample_at(place));
        assert_eq!(samples, [0, 0, 1, 1, 1]);
    }
}
