//! Mean and variance of the batch.

use pulp::NullaryFnOnce;
use rayon::prelude::*;

use crate::cpu::channels::{self, Sums};
use crate::instructions::dispatch;

/// Mean and biased variance of every channel of `x`, from sums of the differences to a rough mean, which
/// keep the digits that plain sums of squares would lose.
pub(super) fn statistics(x: &[f32], channels: usize) -> Vec<(f64, f64)> {
    let rough = rough_mean(x, channels);
    let count = (x.len() / channels.max(1)) as f64;
    let tasks = x.par_chunks(channels::share(x.len(), channels));
    let sums: Vec<_> = tasks.map(|x| dispatch(Moments { x, rough: &rough })).collect();
    let moments = channels::total(channels, &sums).into_iter().zip(&rough);
    let moments = moments.map(|((sum, squares), &rough)| {
        let mean = sum / count;
        let variance = squares / count - mean * mean;
        (f64::from(rough) + mean, if variance < 0.0 { 0.0 } else { variance })
    });
    moments.collect()
}

/// Sums of the differences to `rough` and of their squares. Here and in the other kernels no closures: those are not always
/// compiled with the instructions of the dispatch.
struct Moments<'a> {
    x: &'a [f32],
    rough: &'a [f32],
}

impl NullaryFnOnce for Moments<'_> {
    type Output = Sums;

    #[inline(always)]
    fn call(self) -> Sums {
        let Self { x, rough } = self;
        let mut sums = Sums::new(rough.len());
        for x in x.chunks_exact(rough.len().max(1)) {
            let (first, second) = sums.row();
            let from = x.iter().zip(rough);
            for ((first, second), (x, rough)) in first.iter_mut().zip(second).zip(from) {
                let x = x - rough;
                *first += x;
                *second += x * x;
            }
        }
        sums
    }
}

/// Pixels whose mean is near enough to that of all.
const SAMPLE: usize = 64;

fn rough_mean(x: &[f32], channels: usize) -> Vec<f32> {
    let pixels = x.len() / channels.max(1);
    let step = pixels.div_ceil(SAMPLE).max(1);
    let mut sums = vec![0.0; channels];
    for x in x.chunks_exact(channels.max(1)).step_by(step) {
        sums.iter_mut().zip(x).for_each(|(sum, x)| *sum += x);
    }
    let count = pixels.div_ceil(step) as f32;
    let mean = |sum: f32| if sum.is_finite() { sum / count } else { 0.0 };
    sums.into_iter().map(mean).collect()
}
