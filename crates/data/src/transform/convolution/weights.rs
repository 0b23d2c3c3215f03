//! Which pixels make a pixel of another size, and how much each counts.

/// Bits behind the point of a weight: a level times the sum of the weights must fit into 32 bits, with
/// room for filters that overshoot.
pub(super) const BITS: u32 = 32 - 8 - 2;

/// A half, which rounds a sum.
pub(super) const HALF: i32 = 1 << (BITS - 1);

/// The level that a sum stands for.
#[inline(always)]
pub(super) fn level(sum: i32) -> u8 {
    (sum >> BITS).clamp(0, 255) as u8
}

/// How the weight of a pixel follows from its distance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::transform) enum Filter {
    /// Linear; where the image shrinks, over all pixels that a new one covers.
    Bilinear,
    /// Linear between the two nearest pixels, also where the image shrinks.
    BilinearAliased,
    /// Cubic, with the same support rule as `Bilinear` (Keys 1981, a = -0.5).
    Bicubic,
}

impl Filter {
    /// The distance beyond which pixels do not count, where the image does not shrink.
    fn support(self) -> f64 {
        if self == Self::Bicubic { 2.0 } else { 1.0 }
    }

    fn at(self, distance: f64) -> f64 {
        let x = distance.abs();
        match self {
            Self::Bicubic if x < 1.0 => (1.5 * x - 2.5) * x * x + 1.0,
            Self::Bicubic if x < 2.0 => ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0,
            Self::Bilinear | Self::BilinearAliased if x < 1.0 => 1.0 - x,
            _ => 0.0,
        }
    }
}

/// The weights for each pixel of the new extent; memory is used again.
#[derive(Debug, Default)]
pub(super) struct Weights {
    /// For each new pixel: the first old pixel, and where its weights end.
    spans: Vec<(usize, usize)>,
    weights: Vec<i32>,
    exact: Vec<f64>,
}

impl Weights {
    /// Number of new pixels.
    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    /// The first old pixel of each new one, and the weights from there on.
    #[inline(always)]
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &[i32])> {
        let mut start = 0;
        self.spans.iter().map(move |&(first, end)| {
            let weights = &self.weights[start..end];
            start = end;
            (first, weights)
        })
    }

    /// Computes the weights that bring `from` pixels to `to`.
    pub(super) fn set(&mut self, filter: Filter, from: usize, to: usize) {
        self.spans.clear();
        self.weights.clear();
        let scale = from as f64 / to as f64;
        let stretch = if filter == Filter::BilinearAliased { 1.0 } else { scale.max(1.0) };
        let reach = filter.support() * stretch;
        for pixel in 0..to {
            let centre = (pixel as f64 + 0.5) * scale;
            let first = (centre - reach + 0.5).max(0.0) as usize;
            let end = ((centre + reach + 0.5) as usize).min(from);
            self.exact.clear();
            let distance = |old: usize| (old as f64 - centre + 0.5) * (1.0 / stretch);
            self.exact.extend((first..end).map(|old| filter.at(distance(old))));
            self.normalize();
            self.spans.push((first, self.weights.len()));
        }
    }

    /// Appends the exact weights as integers, so that their sum is 1.
    fn normalize(&mut self) {
        let sum: f64 = self.exact.iter().sum();
        let whole = |weight: f64| {
            let scaled = if sum == 0.0 { weight } else { weight / sum } * f64::from(1 << BITS);
            if scaled < 0.0 { (scaled - 0.5) as i32 } else { (scaled + 0.5) as i32 }
        };
        self.weights.extend(self.exact.iter().map(|&weight| whole(weight)));
    }
}

#[cfg(test)]
mod tests {
    use super::{BITS, Filter, Weights};

    #[test]
    fn the_weights_of_every_pixel_sum_to_one() {
        let mut weights = Weights::default();
        for filter in [Filter::Bilinear, Filter::BilinearAliased, Filter::Bicubic] {
            for (from, to) in [(1, 1), (1, 9), (9, 1), (500, 224), (100, 224), (7, 3)] {
                weights.set(filter, from, to);
                assert_eq!(weights.len(), to);
                for (first, weights) in weights.iter() {
                    assert!(first + weights.len() <= from);
                    let sum: i32 = weights.iter().sum();
                    assert!((sum - (1 << BITS)).unsigned_abs() as usize <= weights.len());
                }
            }
        }
    }
}
