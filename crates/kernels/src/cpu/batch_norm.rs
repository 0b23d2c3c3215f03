//! Batch normalisation with the statistics of the batch, fused with what follows it in a ResNet: the
//! addition of the shortcut and ReLU.
//!
//! One channel of all images is small enough for the caches, so that the passes over it after the
//! first one read little memory.

use pulp::Arch;

use super::channels;
use super::finish::relu;
use super::pool;
use super::sums::{total, total_of_products};

/// `[b, c, pixels]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) batch: usize,
    pub(crate) channels: usize,
    pub(crate) plane: usize,
}

impl Size {
    fn count(self) -> f64 {
        (self.batch * self.plane) as f64
    }

    fn split(self) -> (usize, usize) {
        (self.channels, self.plane)
    }
}

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

/// Normalises `x`, adds `residual`, and takes the positive part if `with_relu`.
pub(crate) fn forward(
    size: Size,
    x: &[f32],
    affine: Affine<'_>,
    residual: Option<&[f32]>,
    with_relu: bool,
) -> Normalised {
    let mut output = pool::take(x.len());
    let statistics = channels::map(&mut output, size.split(), |channel, output| {
        let x = || channels::planes(x, size.split(), channel);
        let mean = total(x(), |x| x) / size.count();
        let centre = mean as f32;
        let variance = total(x(), |x| (x - centre) * (x - centre)) / size.count();
        let scale = f64::from(affine.gamma[channel]) / (variance + affine.epsilon).sqrt();
        let shift = f64::from(affine.beta[channel]) - mean * scale;
        let line = Line { scale: scale as f32, shift: shift as f32, with_relu };
        match residual {
            None => line.apply(x(), output),
            Some(residual) => {
                line.apply_and_add(x(), channels::planes(residual, size.split(), channel), output);
            }
        }
        (mean as f32, variance as f32)
    });
    let (mean, variance) = statistics.into_iter().unzip();
    Normalised { output, mean, variance }
}

/// `scale * x + shift`, and what follows.
struct Line {
    scale: f32,
    shift: f32,
    with_relu: bool,
}

impl Line {
    fn apply<'a>(&self, x: impl Iterator<Item = &'a [f32]>, output: &mut [&mut [f32]]) {
        Arch::new().dispatch(|| {
            for (output, x) in output.iter_mut().zip(x) {
                for (output, x) in output.iter_mut().zip(x) {
                    *output = self.scale * x + self.shift;
                }
                self.finish(output);
            }
        });
    }

    fn apply_and_add<'a>(
        &self,
        x: impl Iterator<Item = &'a [f32]>,
        residual: impl Iterator<Item = &'a [f32]>,
        output: &mut [&mut [f32]],
    ) {
        Arch::new().dispatch(|| {
            for ((output, x), residual) in output.iter_mut().zip(x).zip(residual) {
                for ((output, x), residual) in output.iter_mut().zip(x).zip(residual) {
                    *output = self.scale * x + self.shift + residual;
                }
                self.finish(output);
            }
        });
    }

    #[inline(always)]
    fn finish(&self, output: &mut [f32]) {
        if self.with_relu {
            for output in output {
                *output = relu(*output);
            }
        }
    }
}

/// What the backward pass needs of the forward pass.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Saved<'a> {
    pub(crate) x: &'a [f32],
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

/// `dy` where ReLU was positive, else 0. What is not a number lets the gradient pass, as in PyTorch.
pub(crate) fn masked(size: Size, dy: &[f32], y: &[f32]) -> Vec<f32> {
    let mut masked = pool::take(dy.len());
    channels::map(&mut masked, size.split(), |channel, masked| {
        let dy = channels::planes(dy, size.split(), channel);
        let y = channels::planes(y, size.split(), channel);
        Arch::new().dispatch(|| {
            for ((to, dy), y) in masked.iter_mut().zip(dy).zip(y) {
                for ((to, &dy), &y) in to.iter_mut().zip(dy).zip(y) {
                    *to = mask(dy, y);
                }
            }
        });
    });
    masked
}

#[inline(always)]
fn mask(dy: f32, y: f32) -> f32 {
    if y <= 0.0 { 0.0 } else { dy }
}

#[inline(always)]
fn mask_plane(dy: &mut [f32], y: &[f32]) {
    for (dy, &y) in dy.iter_mut().zip(y) {
        *dy = mask(*dy, y);
    }
}

/// Turns the gradient `dy` of the output into the gradient of `x`, in place.
pub(crate) fn backward(
    size: Size,
    saved: Saved<'_>,
    y: Option<&[f32]>,
    dy: &mut [f32],
) -> AffineGradient {
    let gradients = channels::map(dy, size.split(), |channel, dy| {
        if let Some(y) = y {
            let y = channels::planes(y, size.split(), channel);
            Arch::new().dispatch(|| dy.iter_mut().zip(y).for_each(|(dy, y)| mask_plane(dy, y)));
        }
        let x = || channels::planes(saved.x, size.split(), channel);
        let mean = saved.mean[channel];
        let deviation = (f64::from(saved.variance[channel]) + saved.epsilon).sqrt().recip();
        let beta = total(dy.iter().map(|dy| &**dy), |dy| dy);
        let products = total_of_products(dy.iter().map(|dy| &**dy), x(), mean);
        let gamma = products * deviation;
        let scale = f64::from(saved.gamma[channel]) * deviation;
        let slope = -scale * deviation * gamma / size.count();
        let level = -scale * beta / size.count();
        let (scale, slope, level) = (scale as f32, slope as f32, level as f32);
        Arch::new().dispatch(|| {
            for (dy, x) in dy.iter_mut().zip(x()) {
                for (dy, x) in dy.iter_mut().zip(x) {
                    *dy = scale * *dy + (slope * (x - mean) + level);
                }
            }
        });
        (gamma as f32, beta as f32)
    });
    let (gamma, beta) = gradients.into_iter().unzip();
    AffineGradient { gamma, beta }
}
