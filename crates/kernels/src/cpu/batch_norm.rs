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
        let moments = moments_of(size, x, channel);
        let line = affine.line(channel, moments, with_relu);
        line.write(size, (x, residual), channel, output);
        moments
    });
    let (mean, variance) = rounded(statistics);
    Normalised { output, mean, variance }
}

/// Mean and biased variance of each channel.
pub(crate) fn moments(size: Size, x: &[f32]) -> (Vec<f32>, Vec<f32>) {
    rounded(channels::collect(size.channels, |channel| moments_of(size, x, channel)))
}

/// As [`forward`], with statistics that are given.
pub(crate) fn normalise(
    size: Size,
    (x, residual): (&[f32], Option<&[f32]>),
    affine: Affine<'_>,
    (means, variances): (&[f32], &[f32]),
    with_relu: bool,
) -> Vec<f32> {
    let mut output = pool::take(x.len());
    channels::map(&mut output, size.split(), |channel, output| {
        let moments = (f64::from(means[channel]), f64::from(variances[channel]));
        let line = affine.line(channel, moments, with_relu);
        line.write(size, (x, residual), channel, output);
    });
    output
}

fn rounded(statistics: Vec<(f64, f64)>) -> (Vec<f32>, Vec<f32>) {
    statistics.into_iter().map(|(mean, variance)| (mean as f32, variance as f32)).unzip()
}

/// Mean and biased variance of one channel.
fn moments_of(size: Size, x: &[f32], channel: usize) -> (f64, f64) {
    let x = || channels::planes(x, size.split(), channel);
    let mean = total(x(), |x| x) / size.count();
    let centre = mean as f32;
    let variance = total(x(), |x| (x - centre) * (x - centre)) / size.count();
    (mean, variance)
}

impl Affine<'_> {
    fn line(&self, channel: usize, (mean, variance): (f64, f64), with_relu: bool) -> Line {
        let scale = f64::from(self.gamma[channel]) / (variance + self.epsilon).sqrt();
        let shift = f64::from(self.beta[channel]) - mean * scale;
        Line { scale: scale as f32, shift: shift as f32, with_relu }
    }
}

/// `scale * x + shift`, and what follows.
struct Line {
    scale: f32,
    shift: f32,
    with_relu: bool,
}

impl Line {
    /// The output of one channel.
    fn write(
        &self,
        size: Size,
        (x, residual): (&[f32], Option<&[f32]>),
        channel: usize,
        output: &mut [&mut [f32]],
    ) {
        let planes = |of| channels::planes(of, size.split(), channel);
        match residual {
            None => self.apply(planes(x), output),
            Some(residual) => self.apply_and_add(planes(x), planes(residual), output),
        }
    }

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
        mask_channel(size, y, channel, dy);
        let sums = saved.sums(size, channel, || dy.iter().map(|dy| &**dy));
        saved.move_by(size, channel, (sums, size.count()), dy);
        (sums.0 as f32, sums.1 as f32)
    });
    let (gamma, beta) = gradients.into_iter().unzip();
    AffineGradient { gamma, beta }
}

/// The gradients of scale and shift alone.
pub(crate) fn affine_gradients(
    size: Size,
    saved: Saved<'_>,
    y: Option<&[f32]>,
    dy: &[f32],
) -> AffineGradient {
    let gradients = channels::collect(size.channels, |channel| {
        let planes = channels::planes(dy, size.split(), channel);
        let mut masked: Vec<Vec<f32>> = planes.map(<[f32]>::to_vec).collect();
        let mut planes: Vec<&mut [f32]> = masked.iter_mut().map(|plane| &mut plane[..]).collect();
        mask_channel(size, y, channel, &mut planes);
        let (gamma, beta) = saved.sums(size, channel, || masked.iter().map(|plane| &plane[..]));
        (gamma as f32, beta as f32)
    });
    let (gamma, beta) = gradients.into_iter().unzip();
    AffineGradient { gamma, beta }
}

/// As [`backward`], with the gradients of scale and shift over `count` numbers of each channel, of
/// which those here are a part.
pub(crate) fn input_gradients(
    size: Size,
    saved: Saved<'_>,
    y: Option<&[f32]>,
    (gamma, beta, count): (&[f32], &[f32], f64),
    dy: &mut [f32],
) {
    channels::map(dy, size.split(), |channel, dy| {
        mask_channel(size, y, channel, dy);
        let sums = (f64::from(gamma[channel]), f64::from(beta[channel]));
        saved.move_by(size, channel, (sums, count), dy);
    });
}

/// Keeps of `dy` what ReLU let through.
fn mask_channel(size: Size, y: Option<&[f32]>, channel: usize, dy: &mut [&mut [f32]]) {
    if let Some(y) = y {
        let y = channels::planes(y, size.split(), channel);
        Arch::new().dispatch(|| dy.iter_mut().zip(y).for_each(|(dy, y)| mask_plane(dy, y)));
    }
}

impl Saved<'_> {
    /// One over the standard deviation.
    fn inverse(&self, channel: usize) -> f64 {
        (f64::from(self.variance[channel]) + self.epsilon).sqrt().recip()
    }

    /// The gradients of a channel's scale and shift.
    fn sums<'a, P: Iterator<Item = &'a [f32]>>(
        &self,
        size: Size,
        channel: usize,
        dy: impl Fn() -> P,
    ) -> (f64, f64) {
        let x = channels::planes(self.x, size.split(), channel);
        let beta = total(dy(), |dy| dy);
        let products = total_of_products(dy(), x, self.mean[channel]);
        (products * self.inverse(channel), beta)
    }

    /// Turns a channel of `dy` into the gradient of `x`, by the gradients of scale and shift over
    /// `count` numbers.
    fn move_by(
        &self,
        size: Size,
        channel: usize,
        ((gamma, beta), count): ((f64, f64), f64),
        dy: &mut [&mut [f32]],
    ) {
        let x = channels::planes(self.x, size.split(), channel);
        let (mean, inverse) = (self.mean[channel], self.inverse(channel));
        let scale = f64::from(self.gamma[channel]) * inverse;
        let slope = -scale * inverse * gamma / count;
        let level = -scale * beta / count;
        let (scale, slope, level) = (scale as f32, slope as f32, level as f32);
        Arch::new().dispatch(|| {
            for (dy, x) in dy.iter_mut().zip(x) {
                for (dy, x) in dy.iter_mut().zip(x) {
                    *dy = scale * *dy + (slope * (x - mean) + level);
                }
            }
        });
    }
}
