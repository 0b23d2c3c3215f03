//! Weights in the order in which the inner loop reads them.

use std::ops::Range;

use rayon::prelude::*;

use super::geometry::{Geometry, Tap};
use super::{pool, tile};

/// Factors whose rows are written together: few enough for the first-level cache.
const TOGETHER: usize = 64;

/// `[groups, panels, products, tile width]`: for each product, a tap and a channel of the source, the
/// weights of one tile's channels side by side.
#[derive(Debug)]
pub(crate) struct Weights {
    values: Vec<f32>,
    /// Channels of a tile.
    pub(crate) width: usize,
    products: usize,
    panels: usize,
}

/// Where one panel lies: its group, its channels in the group, and how far apart weights are.
struct Panel {
    group: usize,
    channels: Range<usize>,
    width: usize,
}

impl Weights {
    /// For the forward pass: tiles of output channels, products over taps and input channels.
    pub(crate) fn forward(geometry: &Geometry, weights: &[f32], taps: &[Tap]) -> Self {
        let (depth, all, rows) = (geometry.in_depth(), geometry.taps(), geometry.out_depth());
        Self::pack([geometry.groups, rows, depth], taps, |panel, to| {
            let first = panel.group * rows + panel.channels.start;
            let rows = weights[first * depth * all..].chunks_exact(depth * all);
            let together = (TOGETHER / taps.len().max(1)).max(16);
            for start in (0..depth).step_by(together) {
                let end = depth.min(start + together);
                for (lane, row) in rows.clone().take(panel.channels.len()).enumerate() {
                    let row = &row[start * all..end * all];
                    for (t, tap) in taps.iter().enumerate() {
                        let to = &mut to[(t * depth + start) * panel.width..];
                        let to = to.iter_mut().skip(lane).step_by(panel.width);
                        let row = row.iter().skip(tap.index).step_by(all);
                        to.zip(row).for_each(|(to, weight)| *to = *weight);
                    }
                }
            }
        })
    }

    /// For the data gradient: tiles of input channels, products over taps and output channels.
    pub(crate) fn backward(geometry: &Geometry, weights: &[f32], taps: &[Tap]) -> Self {
        let (rows, all, depth) = (geometry.in_depth(), geometry.taps(), geometry.out_depth());
        Self::pack([geometry.groups, rows, depth], taps, |panel, to| {
            for channel in 0..depth {
                let first = (panel.group * depth + channel) * rows + panel.channels.start;
                let kernels = &weights[first * all..][..panel.channels.len() * all];
                for (t, tap) in taps.iter().enumerate() {
                    let to = &mut to[(t * depth + channel) * panel.width..][..panel.width];
                    let kernels = kernels.chunks_exact(all);
                    for (to, kernel) in to.iter_mut().zip(kernels) {
                        *to = kernel[tap.index];
                    }
                }
            }
        })
    }

    fn pack(
        [groups, rows, depth]: [usize; 3],
        taps: &[Tap],
        fill: impl Fn(Panel, &mut [f32]) + Sync,
    ) -> Self {
        let width = tile::width(rows);
        let (products, panels) = (taps.len() * depth, rows.div_ceil(width));
        let mut values = pool::take(groups * panels * products * width);
        let panel_len = (products * width).max(1);
        values.par_chunks_mut(panel_len).enumerate().for_each(|(index, panel)| {
            let (group, first) = (index / panels, index % panels * width);
            let channels = first..rows.min(first + width);
            if channels.len() < width {
                panel.fill(0.0);
            }
            fill(Panel { group, channels, width }, panel);
        });
        Self { values, width, products, panels }
    }

    /// The weights of `products` for panel `panel` of `group`: `[products, tile width]`.
    #[inline(always)]
    pub(crate) fn panel(&self, group: usize, panel: usize, products: Range<usize>) -> &[f32] {
        let start = (group * self.panels + panel) * self.products + products.start;
        &self.values[start * self.width..][..products.len() * self.width]
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    pub(crate) fn panels(&self) -> usize {
        self.panels
    }
}

impl Drop for Weights {
    fn drop(&mut self) {
        pool::give(std::mem::take(&mut self.values));
    }
}
