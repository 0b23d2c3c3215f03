//! Weights in the order in which the inner loop reads them.

use std::ops::Range;

use rayon::prelude::*;

use super::geometry::{Geometry, Tap};
use super::{pool, tile};

/// `[groups, panels, products, tile rows]`: for each product, a tap and a channel, the weights of the
/// rows of one tile side by side.
#[derive(Debug)]
pub(crate) struct Weights {
    values: Vec<f32>,
    /// Rows of a tile.
    height: usize,
    products: usize,
    panels: usize,
}

impl Weights {
    /// For the forward pass: rows are output channels, products run over taps and input channels.
    pub(crate) fn forward(geometry: &Geometry, weights: &[f32], taps: &[Tap]) -> Self {
        let (depth, all, rows) = (geometry.in_depth(), geometry.taps(), geometry.out_depth());
        Self::pack([geometry.groups, rows, depth], taps, |group, rows_of_panel, height, panel| {
            let first = group * rows + rows_of_panel.start;
            let weights = &weights[first * depth * all..][..rows_of_panel.len() * depth * all];
            for (row, weights) in weights.chunks_exact(depth * all).enumerate() {
                for (tap, to) in taps.iter().zip(panel.chunks_exact_mut(depth * height)) {
                    let weights = weights.iter().skip(tap.index).step_by(all);
                    for (to, &weight) in to.iter_mut().skip(row).step_by(height).zip(weights) {
                        *to = weight;
                    }
                }
            }
        })
    }

    /// For the data gradient: rows are input channels, products run over taps and output channels.
    pub(crate) fn backward(geometry: &Geometry, weights: &[f32], taps: &[Tap]) -> Self {
        let (rows, all, depth) = (geometry.in_depth(), geometry.taps(), geometry.out_depth());
        Self::pack([geometry.groups, rows, depth], taps, |group, rows_of_panel, height, panel| {
            for channel in 0..depth {
                let first = (group * depth + channel) * rows + rows_of_panel.start;
                let kernels = &weights[first * all..][..rows_of_panel.len() * all];
                for (t, tap) in taps.iter().enumerate() {
                    let to = &mut panel[(t * depth + channel) * height..][..height];
                    for (to, &weight) in
                        to.iter_mut().zip(kernels.iter().skip(tap.index).step_by(all))
                    {
                        *to = weight;
                    }
                }
            }
        })
    }

    /// Fills every panel by `fill(group, rows of the panel, tile rows, panel)`.
    fn pack(
        [groups, rows, depth]: [usize; 3],
        taps: &[Tap],
        fill: impl Fn(usize, Range<usize>, usize, &mut [f32]) + Sync,
    ) -> Self {
        let height = tile::outer_rows_here();
        let (products, panels) = (taps.len() * depth, rows.div_ceil(height));
        let mut values = pool::take(groups * panels * products * height);
        let panel_len = (products * height).max(1);
        values.par_chunks_mut(panel_len).enumerate().for_each(|(index, panel)| {
            let (group, first) = (index / panels, index % panels * height);
            let end = rows.min(first + height);
            if end < first + height {
                panel.fill(0.0);
            }
            fill(group, first..end, height, panel);
        });
        Self { values, height, products, panels }
    }

    /// The weights of `products` for tile `panel` of `group`: `[products, tile rows]`.
    #[inline(always)]
    pub(crate) fn panel(&self, group: usize, panel: usize, products: (usize, usize)) -> &[f32] {
        let start = (group * self.panels + panel) * self.products + products.0;
        &self.values[start * self.height..(start + products.1 - products.0) * self.height]
    }
}

impl Drop for Weights {
    fn drop(&mut self) {
        pool::give(std::mem::take(&mut self.values));
    }
}
