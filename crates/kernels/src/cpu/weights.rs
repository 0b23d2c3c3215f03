//! Weights in the order in which the inner loop reads them.

use rayon::prelude::*;

use super::geometry::{Geometry, Tap};
use super::tile;

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
        let (depth, all) = (geometry.in_depth(), geometry.taps());
        let rows = geometry.out_depth();
        Self::pack([geometry.groups, rows, depth], taps, |group, row, channel| {
            &weights[((group * rows + row) * depth + channel) * all..][..all]
        })
    }

    /// For the data gradient: rows are input channels, products run over taps and output channels.
    pub(crate) fn backward(geometry: &Geometry, weights: &[f32], taps: &[Tap]) -> Self {
        let (depth, all) = (geometry.in_depth(), geometry.taps());
        let rows = geometry.out_depth();
        Self::pack([geometry.groups, depth, rows], taps, |group, row, channel| {
            &weights[((group * rows + channel) * depth + row) * all..][..all]
        })
    }

    fn pack<'w>(
        [groups, rows, depth]: [usize; 3],
        taps: &[Tap],
        kernel: impl Fn(usize, usize, usize) -> &'w [f32] + Sync,
    ) -> Self {
        let height = tile::outer_rows_here();
        let (products, panels) = (taps.len() * depth, rows.div_ceil(height));
        let mut values = vec![0.0; groups * panels * products * height];
        let panel_len = (products * height).max(1);
        values.par_chunks_mut(panel_len).enumerate().for_each(|(index, panel)| {
            let (group, first) = (index / panels, index % panels * height);
            for channel in 0..depth {
                for row in first..rows.min(first + height) {
                    let kernel = kernel(group, row, channel);
                    for (t, tap) in taps.iter().enumerate() {
                        panel[(t * depth + channel) * height + row - first] = kernel[tap.index];
                    }
                }
            }
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
