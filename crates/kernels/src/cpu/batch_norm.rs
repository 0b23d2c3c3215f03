//! Batch normalisation with the statistics of the batch, fused with what follows it in a ResNet: the
//! addition of the shortcut and ReLU.
//!
//! Tensors are channels last. Forward and backward read their inputs twice each: for sums over all pixels,
//! and for what follows from them.

mod backward;
mod lines;
mod statistics;

use lines::Lines;
use statistics::statistics;

pub(crate) use backward::{Saved, affine_gradients, backward, input_gradients};

/// What normalises a channel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Affine<'a> {
    pub(crate) gamma: &'a [f32],
    pub(crate) beta: &'a [f32],
    pub(crate) epsilon: f64,
}

/// Output, mean and biased variance.
#[derive(Debug)]
pub(crate) struct Normalised {
    pub(crate) output: Vec<f32>,
    pub(crate) mean: Vec<f32>,
    pub(crate) variance: Vec<f32>,
}

/// Normalises `x` `[pixels, channels]`, adds `residual`, and takes the positive part if `with_relu`.
pub(crate) fn forward(
    x: &[f32],
    affine: Affine<'_>,
    residual: Option<&[f32]>,
    with_relu: bool,
) -> Normalised {
    let statistics = statistics(x, affine.gamma.len());
    let output = affine.lines(&statistics, with_relu).write(x, residual);
    let (mean, variance) = rounded(statistics);
    Normalised { output, mean, variance }
}

/// Mean and biased variance of each of the `channels` of `x`.
pub(crate) fn moments(x: &[f32], channels: usize) -> (Vec<f32>, Vec<f32>) {
    rounded(statistics(x, channels))
}

/// As [`forward`], with statistics that are given.
pub(crate) fn normalise(
    (x, residual): (&[f32], Option<&[f32]>),
    affine: Affine<'_>,
    (means, variances): (&[f32], &[f32]),
    with_relu: bool,
) -> Vec<f32> {
    let wide = |(&mean, &variance): (&f32, &f32)| (f64::from(mean), f64::from(variance));
    let statistics: Vec<_> = means.iter().zip(variances).map(wide).collect();
    affine.lines(&statistics, with_relu).write(x, residual)
}

/// `scale * x + shift` of each channel, `residual` added, and the positive part if `with_relu`.
pub(crate) fn affine(
    x: &[f32],
    (scales, shifts): (&[f32], &[f32]),
    residual: Option<&[f32]>,
    with_relu: bool,
) -> Vec<f32> {
    Lines { scales: scales.to_vec(), shifts: shifts.to_vec(), with_relu }.write(x, residual)
}

fn rounded(statistics: Vec<(f64, f64)>) -> (Vec<f32>, Vec<f32>) {
    statistics.into_iter().map(|(mean, variance)| (mean as f32, variance as f32)).unzip()
}

impl Affine<'_> {
    fn lines(&self, statistics: &[(f64, f64)], with_relu: bool) -> Lines {
        let affine = self.gamma.iter().zip(self.beta);
        let line = |((mean, variance), (&gamma, &beta)): (&(f64, f64), (&f32, &f32))| {
            let scale = f64::from(gamma) / (variance + self.epsilon).sqrt();
            (scale as f32, (f64::from(beta) - mean * scale) as f32)
        };
        let (scales, shifts) = statistics.iter().zip(affine).map(line).unzip();
        Lines { scales, shifts, with_relu }
    }
}
