//! Convolution on slices: forward, data gradient and weight gradient.

use super::correlate::Correlation;
use super::finish::Finish;
use super::gather::Source;
use super::geometry::Geometry;
use super::weights::Weights;

pub(crate) use super::weight_gradient::weight_gradient;

/// The convolution of `x` with `weights`, finished.
pub(crate) fn forward(
    geometry: &Geometry,
    x: &[f32],
    weights: &[f32],
    finish: Finish<'_>,
) -> Vec<f32> {
    let grid = geometry.forward_grid();
    let packed = Weights::forward(geometry, weights, &grid.taps);
    let correlation = Correlation {
        source: Source { values: x, channels: geometry.in_channels, size: geometry.input },
        images: geometry.batch,
        grids: &[(grid, packed)],
        groups: geometry.groups,
        rows: geometry.out_depth(),
        depth: geometry.in_depth(),
        size: geometry.output,
        finish,
    };
    correlation.run()
}

/// The gradient of the convolution's input from the gradient `dy` of its output.
pub(crate) fn input_gradient(geometry: &Geometry, dy: &[f32], weights: &[f32]) -> Vec<f32> {
    let pack = |grid: &super::geometry::Grid| Weights::backward(geometry, weights, &grid.taps);
    let grids = geometry.backward_grids().into_iter();
    let grids: Vec<_> = grids.map(|grid| (grid.clone(), pack(&grid))).collect();
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
    correlation.run()
}
