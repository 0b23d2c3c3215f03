//! Which pixels make a pixel of another size, and how much each counts.

use std::ops::Range;

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

/// A direction, in which so many pixels become as many others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    pub(super) filter: Filter,
    pub(super) from: usize,
    pub(super) to: usize,
}

impl Axis {
    /// Whether every pixel stays what it is.
    pub(super) fn stays(self) -> bool {
        self.from == self.to
    }

    /// The old pixels that are needed for the new pixels `kept`, of which there are some.
    pub(super) fn needed(self, kept: &Range<usize>) -> Range<usize> {
        if self.stays() {
            return kept.clone();
        }
        self.counting(kept.start).start..self.counting(kept.end - 1).end
    }

    /// The old pixels that count for a new one.
    fn counting(self, pixel: usize) -> Range<usize> {
        let (centre, reach) = (self.centre(pixel), self.filter.support() * self.stretch());
        let first = (centre - reach + 0.5).max(0.0) as usize;
        first..((centre + reach + 0.5) as usize).min(self.from)
    }

    fn centre(self, pixel: usize) -> f64 {
        (pixel as f64 + 0.5) * self.scale()
    }

    fn scale(self) -> f64 {
        self.from as f64 / self.to as f64
    }

    /// How many times as far as its own support the filter reaches.
    fn stretch(self) -> f64 {
        if self.filter == Filter::BilinearAliased { 1.0 } else { self.scale().max(1.0) }
    }
}

/// The weights for each new pixel that is kept; memory is used again.
#[derive(Debug, Default)]
pub(super) struct Weights {
    /// For each new pixel: the first old pixel, counted from the first that is needed, and where its
    /// weights end.
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

    /// Computes the weights of the new pixels `kept`; none where every pixel stays what it is.
    pub(super) fn set(&mut self, axis: Axis, kept: Range<usize>) {
        self.spans.clear();
        self.weights.clear();
        if axis.stays() {
            return;
        }
        let (needed, stretch) = (axis.needed(&kept), axis.stretch());
        for pixel in kept {
            let (centre, counting) = (axis.centre(pixel), axis.counting(pixel));
            let distance = |old: usize| (old as f64 - centre + 0.5) * (1.0 / stretch);
            let first = counting.start - needed.start;
            self.exact.clear();
            self.exact.extend(counting.map(|old| axis.filter.at(distance(old))));
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
    use super::{Axis, BITS, Filter, Weights};

    #[test]
    fn the_weights_of_every_pixel_sum_to_one() {
        let mut weights = Weights::default();
        for filter in [Filter::Bilinear, Filter::BilinearAliased, Filter::Bicubic] {
            for (from, to) in [(1, 9), (9, 1), (500, 224), (100, 224), (7, 3)] {
                weights.set(Axis { filter, from, to }, 0..to);
                assert_eq!(weights.len(), to);
                for (first, weights) in weights.iter() {
                    assert!(first + weights.len() <= from);
                    let sum: i32 = weights.iter().sum();
                    assert!((sum - (1 << BITS)).unsigned_abs() as usize <= weights.len());
                }
            }
        }
    }

    #[test]
    fn some_pixels_have_the_weights_that_they_have_among_all() {
        let (mut all, mut some) = (Weights::default(), Weights::default());
        for filter in [Filter::Bilinear, Filter::BilinearAliased, Filter::Bicubic] {
            for (from, to) in [(1, 9), (500, 224), (100, 224), (30, 7)] {
                let (axis, kept) = (Axis { filter, from, to }, to / 3..to - 1);
                all.set(axis, 0..to);
                some.set(axis, kept.clone());
                let (first, needed) = (axis.needed(&(0..to)).start, axis.needed(&kept));
                let expected = all.iter().map(|(place, weights)| (first + place, weights));
                let expected: Vec<_> = expected.skip(kept.start).take(kept.len()).collect();
                let got = some.iter().map(|(place, weights)| (needed.start + place, weights));
                assert_eq!(got.collect::<Vec<_>>(), expected);
                let end = |&(place, weights): &(usize, &[i32])| place + weights.len();
                assert_eq!(expected.iter().map(end).max(), Some(needed.end));
            }
        }
    }
}
