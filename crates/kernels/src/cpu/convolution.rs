//! Convolution on slices, channels last: forward, data gradient and weight gradient. Weights are
//! `[o, c, kh, kw]`, as everywhere.

use std::borrow::Cow;

use rayon::prelude::*;

use super::correlate::{Correlation, Source};
use super::finish::Finish;
use super::geometry::{Geometry, Grid, Tap};
use super::pool;
use super::weight_gradient::Gradient;
use super::weights::Weights;

/// Images of so few channels are padded, so that all taps of a kernel's row are one: their channels
/// are neighbours.
const FEW: usize = 8;

/// The convolution's input as taps see it, and how many neighbours each of them sees.
struct Input<'a> {
    values: Cow<'a, [f32]>,
    size: [usize; 2],
    grid: Grid,
    depth: usize,
}

impl<'a> Input<'a> {
    fn new(geometry: &Geometry, x: &'a [f32]) -> Self {
        let (depth, size) = (geometry.in_depth(), geometry.input);
        let plain = geometry.groups == 1 && geometry.dilation[1] == 1 && geometry.kernel[1] > 1;
        if !plain || geometry.in_channels > FEW {
            return Self { values: x.into(), size, grid: geometry.forward_grid(), depth };
        }
        let [kh, kw] = geometry.kernel;
        let size = geometry.reach();
        let taps = (0..kh)
            .map(|ky| Tap { index: ky * kw, offset: [(ky * geometry.dilation[0]) as isize, 0] });
        let grid = Grid { taps: taps.collect(), ..geometry.forward_grid() };
        Self { values: padded(geometry, x, size).into(), size, grid, depth: depth * kw }
    }

    fn source(&self, geometry: &Geometry) -> Source<'_> {
        Source { values: &self.values, channels: geometry.in_channels, size: self.size }
    }

    /// Gives back what was padded.
    fn recycle(self) {
        if let Cow::Owned(values) = self.values {
            pool::give(values);
        }
    }
}

/// `x` with zeros around, `size` each image.
fn padded(geometry: &Geometry, x: &[f32], size: [usize; 2]) -> Vec<f32> {
    let (channels, [height, width]) = (geometry.in_channels, geometry.input);
    let mut padded = pool::take(geometry.batch * size[0] * size[1] * channels);
    let line = (size[1] * channels).max(1);
    let [top, left] = geometry.padding;
    padded.par_chunks_mut(line).enumerate().for_each(|(index, to)| {
        let (image, y) = (index / size[0], index % size[0]);
        to.fill(0.0);
        if let Some(y) = y.checked_sub(top).filter(|&y| y < height) {
            let from = &x[(image * height + y) * width * channels..][..width * channels];
            let room = to.len().saturating_sub(left * channels).min(from.len());
            to[left * channels..][..room].copy_from_slice(&from[..room]);
        }
    });
    padded
}

/// The convolution of `x` with weights that [`Weights::forward`] packed, finished.
pub(crate) fn forward(
    geometry: &Geometry,
    x: &[f32],
    weights: &Weights,
    finish: Finish<'_>,
) -> Vec<f32> {
    let input = Input::new(geometry, x);
    let correlation = Correlation {
        source: input.source(geometry),
        images: geometry.batch,
        grids: &[(input.grid.clone(), weights)],
        groups: geometry.groups,
        rows: geometry.out_depth(),
        depth: input.depth,
        size: geometry.output,
        finish,
    };
    let y = correlation.run(None);
    input.recycle();
    y
}

/// The gradient of the convolution's input from the gradient `dy` of its output, added to `onto`; weights are
/// those of [`Geometry::backward_grids`], which [`Weights::backward`] packed.
pub(crate) fn input_gradient(
    geometry: &Geometry,
    dy: &[f32],
    weights: &[Weights],
    onto: Option<Vec<f32>>,
) -> Vec<f32> {
    let grids: Vec<_> = geometry.backward_grids().into_iter().zip(weights).collect();
    let correlation = Correlation {
        source: Source { values: dy, channels: geometry.out_channels, size: geometry.output },
        images: geometry.batch,
        grids: &grids,
        groups: geometry.groups,
        rows: geometry.in_depth(),
        depth: geometry.out_depth(),
        size: geometry.input,
        finish: Finish::default(),
    };
    correlation.run(onto)
}

/// The gradient of the weights from the convolution's input `x` and the gradient `dy` of its output.
pub(crate) fn weight_gradient(geometry: &Geometry, x: &[f32], dy: &[f32]) -> Vec<f32> {
    let input = Input::new(geometry, x);
    let seen = (input.source(geometry), &input.grid, input.depth);
    let gradient = Gradient::new(geometry, seen, dy).run();
    input.recycle();
    gradient
}
