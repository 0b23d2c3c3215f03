//! Convolution on slices, channels last: forward, data gradient and weight gradient. Weights are
//! `[o, c, kh, kw]`, as everywhere.

use std::borrow::Cow;
use std::slice;

use rayon::prelude::*;

use super::correlate::Correlation;
use super::finish::Finish;
use super::geometry::{Geometry, Grid, Tap};
use super::source::Source;
use super::weight_gradient::Gradient;
use super::weights::Weights;
use super::winograd::{self, Product, Tiles};
use super::{grouped, pool};

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

/// Weights of one direction of a convolution, packed for what is fastest there.
#[derive(Debug)]
pub(crate) enum Packed {
    /// One for each grid.
    Direct(Vec<Weights>),
    /// One for each grid, groups side by side.
    Grouped(Vec<Weights>),
    Winograd(Weights),
}

impl Packed {
    /// For many forward passes.
    pub(crate) fn kept(geometry: &Geometry, weight: &[f32]) -> Self {
        Self::forward(geometry, weight, winograd::pays(geometry, geometry.output))
    }

    /// For one forward pass.
    pub(crate) fn once(geometry: &Geometry, weight: &[f32]) -> Self {
        Self::forward(geometry, weight, winograd::pays_once(geometry, geometry.output))
    }

    fn forward(geometry: &Geometry, weight: &[f32], pays: bool) -> Self {
        if grouped::fits(geometry) {
            return Self::Grouped(vec![grouped::forward(geometry, weight)]);
        }
        let transformed = pays.then(|| winograd::forward(geometry, weight)).flatten();
        let direct = || Self::Direct(vec![Weights::forward(geometry, weight)]);
        transformed.map_or_else(direct, Self::Winograd)
    }

    /// For one data gradient.
    pub(crate) fn backward(geometry: &Geometry, weight: &[f32]) -> Self {
        if grouped::fits(geometry) {
            return Self::Grouped(grouped::backward(geometry, weight));
        }
        let pays = winograd::pays_once(geometry, geometry.input);
        let transformed = pays.then(|| winograd::backward(geometry, weight)).flatten();
        let direct = || Self::Direct(Weights::backward(geometry, weight));
        transformed.map_or_else(direct, Self::Winograd)
    }
}

/// The convolution of `x` with `weight`, which [`Packed::kept`] or [`Packed::once`] packed, finished.
pub(crate) fn forward(
    geometry: &Geometry,
    x: &[f32],
    (weight, packed): (&[f32], &Packed),
    finish: Finish<'_>,
) -> Vec<f32> {
    let input = Input::new(geometry, x);
    let correlation = Correlation {
        source: input.source(geometry),
        images: geometry.batch,
        grids: &[],
        groups: geometry.groups,
        rows: geometry.out_depth(),
        depth: input.depth,
        size: geometry.output,
        finish,
        only: None,
    };
    let first = geometry.padding.map(|padding| -(padding as isize));
    let direct = || vec![Weights::forward(geometry, weight)];
    let y = correlate(&correlation, (slice::from_ref(&input.grid), packed), (first, &direct), None);
    input.recycle();
    y
}

/// The gradient of the convolution's input from the gradient `dy` of its output, added to `onto`; `weight` was
/// packed by [`Packed::backward`].
pub(crate) fn input_gradient(
    geometry: &Geometry,
    dy: &[f32],
    (weight, packed): (&[f32], &Packed),
    onto: Option<Vec<f32>>,
) -> Vec<f32> {
    let correlation = Correlation {
        source: Source { values: dy, channels: geometry.out_channels, size: geometry.output },
        images: geometry.batch,
        grids: &[],
        groups: geometry.groups,
        rows: geometry.in_depth(),
        depth: geometry.out_depth(),
        size: geometry.input,
        finish: Finish::default(),
        only: None,
    };
    let first = geometry.padding.map(|padding| padding as isize - 2);
    let direct = || Weights::backward(geometry, weight);
    correlate(&correlation, (&geometry.backward_grids(), packed), (first, &direct), onto)
}

/// Each grid and its weights.
fn with<'a>(grids: &[Grid], weights: &'a [Weights]) -> Vec<(Grid, &'a Weights)> {
    grids.iter().cloned().zip(weights).collect()
}

/// Runs `job` over the grids as its weights are packed. With Winograd's products the neighbours of the target's
/// first pixel begin at `first`, and tiles that are not for them are computed with the weights of `direct`.
fn correlate(
    job: &Correlation<'_>,
    (grids, packed): (&[Grid], &Packed),
    (first, direct): ([isize; 2], &dyn Fn() -> Vec<Weights>),
    onto: Option<Vec<f32>>,
) -> Vec<f32> {
    let weights = match packed {
        Packed::Direct(weights) => {
            return Correlation { grids: &with(grids, weights), ..*job }.run(onto);
        }
        Packed::Grouped(weights) => {
            return grouped::run(&Correlation { grids: &with(grids, weights), ..*job }, onto);
        }
        Packed::Winograd(weights) => weights,
    };
    let Correlation { source, images, rows: channels, size, finish, .. } = *job;
    let tiles = Tiles { source, images, first, size };
    let products = Product { tiles, weights, channels, finish };
    let adds = onto.is_some();
    let (mut target, left) = products.run(onto);
    if !left.is_empty() {
        let is_left = |pixel| left.binary_search(&tiles.tile(pixel)).is_ok();
        let weights = direct();
        let rest = Correlation { grids: &with(grids, &weights), only: Some(&is_left), ..*job };
        rest.write(&mut target, adds);
    }
    target
}

/// The gradient of the weights from the convolution's input `x` and the gradient `dy` of its output.
pub(crate) fn weight_gradient(geometry: &Geometry, x: &[f32], dy: &[f32]) -> Vec<f32> {
    let pays = winograd::pays_once(geometry, geometry.output);
    let gradient = pays.then(|| winograd::weight_gradient(geometry, x, dy)).flatten();
    gradient.unwrap_or_else(|| direct_weight_gradient(geometry, x, dy))
}

pub(crate) fn direct_weight_gradient(geometry: &Geometry, x: &[f32], dy: &[f32]) -> Vec<f32> {
    let input = Input::new(geometry, x);
    let seen = (input.source(geometry), &input.grid, input.depth);
    let gradient = Gradient::new(geometry, seen, dy).run();
    input.recycle();
    gradient
}
