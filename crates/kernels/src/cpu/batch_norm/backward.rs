//! The gradients of batch normalisation.

use pulp::NullaryFnOnce;
use rayon::prelude::*;

use crate::cpu::channels::{self, Sums};
use crate::cpu::finish::mask;
use crate::cpu::pool;
use crate::instructions::dispatch;

/// What the backward pass needs of the forward pass.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Saved<'a> {
    pub(crate) x: &'a [f32],
    /// The output, if ReLU made it.
    pub(crate) y: Option<&'a [f32]>,
    pub(crate) mean: &'a [f32],
    pub(crate) variance: &'a [f32],
    pub(crate) gamma: &'a [f32],
    pub(crate) epsilon: f64,
}

/// Gradients of scale and shift, `[c]` each.
#[derive(Debug)]
pub(crate) struct AffineGradient {
    pub(crate) gamma: Vec<f32>,
    pub(crate) beta: Vec<f32>,
}

impl AffineGradient {
    fn new(sums: &[(f64, f64)]) -> Self {
        let (gamma, beta) = sums.iter().map(|&(gamma, beta)| (gamma as f32, beta as f32)).unzip();
        Self { gamma, beta }
    }
}

/// Turns the gradient `dy` of the output into that of `x`. If the residual wants its gradient, that is
/// what `dy` becomes, and the gradient of `x` is returned.
pub(crate) fn backward(
    saved: Saved<'_>,
    dy: &mut [f32],
    with_residual: bool,
) -> (Option<Vec<f32>>, AffineGradient) {
    let count = (saved.x.len() / saved.gamma.len().max(1)) as f64;
    let sums = saved.affine_sums(dy);
    (saved.slopes(&sums, count).write(saved, dy, with_residual), AffineGradient::new(&sums))
}

/// The gradients of scale and shift alone.
pub(crate) fn affine_gradients(saved: Saved<'_>, dy: &[f32]) -> AffineGradient {
    let mut masked = pool::take(dy.len());
    masked.copy_from_slice(dy);
    let gradient = AffineGradient::new(&saved.affine_sums(&mut masked));
    pool::give(masked);
    gradient
}

/// As [`backward`], with the gradients of scale and shift over `count` numbers of each channel, of
/// which those here are a part.
pub(crate) fn input_gradients(
    saved: Saved<'_>,
    (gamma, beta, count): (&[f32], &[f32], f64),
    dy: &mut [f32],
    with_residual: bool,
) -> Option<Vec<f32>> {
    // Of the sums over the numbers here nothing is needed but that `dy` is masked.
    drop(saved.masked_sums(dy));
    let wide = |(&gamma, &beta): (&f32, &f32)| (f64::from(gamma), f64::from(beta));
    let sums: Vec<_> = gamma.iter().zip(beta).map(wide).collect();
    saved.slopes(&sums, count).write(saved, dy, with_residual)
}

impl Saved<'_> {
    /// One over the standard deviation.
    fn inverse(&self, channel: usize) -> f64 {
        (f64::from(self.variance[channel]) + self.epsilon).sqrt().recip()
    }

    /// Leaves of `dy` what passes ReLU; the gradients of scale and shift.
    fn affine_sums(&self, dy: &mut [f32]) -> Vec<(f64, f64)> {
        let sums = self.masked_sums(dy).into_iter().enumerate();
        sums.map(|(channel, (beta, products))| (products * self.inverse(channel), beta)).collect()
    }

    /// From the gradients of scale and shift over `count` numbers.
    fn slopes(&self, sums: &[(f64, f64)], count: f64) -> Slopes {
        let mut slopes = Slopes::default();
        for (channel, (gamma, beta)) in sums.iter().enumerate() {
            let inverse = self.inverse(channel);
            let scale = f64::from(self.gamma[channel]) * inverse;
            slopes.scale.push(scale as f32);
            slopes.slope.push((-scale * inverse * gamma / count) as f32);
            slopes.level.push((-scale * beta / count) as f32);
        }
        slopes
    }

    /// Leaves of `dy` what passes ReLU; its sums over all pixels, and those of its products with `x - mean`.
    fn masked_sums(&self, dy: &mut [f32]) -> Vec<(f64, f64)> {
        let channels = self.gamma.len();
        let share = channels::share(dy.len(), channels);
        let tasks = dy.par_chunks_mut(share).zip(self.x.par_chunks(share)).enumerate();
        let sums: Vec<_> = tasks
            .map(|(index, (dy, x))| {
                let y = self.y.map(|y| &y[index * share..]);
                dispatch(MaskedSums { mean: self.mean, dy, x, y })
            })
            .collect();
        channels::total(channels, &sums)
    }
}

/// As [`Saved::masked_sums`], of some pixels.
struct MaskedSums<'a, 'd> {
    mean: &'a [f32],
    dy: &'d mut [f32],
    x: &'a [f32],
    y: Option<&'a [f32]>,
}

impl NullaryFnOnce for MaskedSums<'_, '_> {
    type Output = Sums;

    #[inline(always)]
    fn call(self) -> Sums {
        let channels = self.mean.len();
        let mut sums = Sums::new(channels);
        for (row, dy) in self.dy.chunks_exact_mut(channels.max(1)).enumerate() {
            let at = row * channels..(row + 1) * channels;
            if let Some(y) = self.y {
                for (dy, y) in dy.iter_mut().zip(&y[at.clone()]) {
                    *dy = mask(*dy, *y);
                }
            }
            let (first, second) = sums.row();
            let from = dy.iter().zip(&self.x[at]).zip(self.mean);
            for ((first, second), ((dy, x), mean)) in first.iter_mut().zip(second).zip(from) {
                *first += dy;
                *second += dy * (x - mean);
            }
        }
        sums
    }
}

/// The gradient of `x`: `scale * dy + slope * (x - mean) + level`, by channel.
#[derive(Default)]
struct Slopes {
    scale: Vec<f32>,
    slope: Vec<f32>,
    level: Vec<f32>,
}

impl Slopes {
    /// Turns `dy` into the gradient of `x`; or leaves it and returns that.
    fn write(&self, saved: Saved<'_>, dy: &mut [f32], separate: bool) -> Option<Vec<f32>> {
        let share = channels::share(dy.len(), saved.gamma.len());
        let (x, mean) = (saved.x.par_chunks(share), saved.mean);
        if !separate {
            dy.par_chunks_mut(share).zip(x).for_each(|(dy, x)| {
                dispatch(Slope { slopes: self, mean, x, dy: None, dx: dy });
            });
            return None;
        }
        let mut dx = pool::take(dy.len());
        let from = dy.par_chunks(share).zip(x);
        dx.par_chunks_mut(share).zip(from).for_each(|(dx, (dy, x))| {
            dispatch(Slope { slopes: self, mean, x, dy: Some(dy), dx });
        });
        Some(dx)
    }
}

/// The gradient of some pixels.
struct Slope<'a, 'x> {
    slopes: &'a Slopes,
    mean: &'a [f32],
    x: &'a [f32],
    /// That of the output; `dx` holds it if it is not here.
    dy: Option<&'a [f32]>,
    dx: &'x mut [f32],
}

impl NullaryFnOnce for Slope<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (Slopes { scale, slope, level }, channels) = (self.slopes, self.mean.len());
        for (row, dx) in self.dx.chunks_exact_mut(channels).enumerate() {
            let at = row * channels..(row + 1) * channels;
            let lines = scale.iter().zip(slope).zip(level);
            let x = self.x[at.clone()].iter().zip(self.mean).zip(lines);
            let line = |dy: f32, ((x, mean), ((scale, slope), level)): Line<'_>| {
                scale * dy + (slope * (x - mean) + level)
            };
            if let Some(dy) = self.dy {
                for (dx, (dy, x)) in dx.iter_mut().zip(dy[at].iter().zip(x)) {
                    *dx = line(*dy, x);
                }
            } else {
                for (dx, x) in dx.iter_mut().zip(x) {
                    *dx = line(*dx, x);
                }
            }
        }
    }
}

/// A number, its channel's mean, and scale, slope and level.
type Line<'a> = ((&'a f32, &'a f32), ((&'a f32, &'a f32), &'a f32));
