//! Weights in the order in which the inner loop reads them.

use std::ops::Range;

use rayon::prelude::*;

use super::geometry::{Geometry, Grid, Tap};
use super::{pool, prefetch, tile};

/// Weights of each row that are packed together: few enough for the first-level cache.
const TOGETHER: usize = 72;

/// Rows between what is asked for and what is packed.
const AHEAD: usize = 8;

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
pub(super) struct Panel {
    group: usize,
    pub(super) channels: Range<usize>,
    pub(super) width: usize,
}

impl Weights {
    /// Channels of a tile in the forward pass: a matter of the processor's instructions.
    pub(crate) fn width(geometry: &Geometry) -> usize {
        tile::width(geometry.out_depth())
    }

    /// For the forward pass: tiles of output channels, products over taps and input channels.
    pub(crate) fn forward(geometry: &Geometry, weights: &[f32]) -> Self {
        let Grid { taps, .. } = geometry.forward_grid();
        let (depth, all, rows) = (geometry.in_depth(), geometry.taps(), geometry.out_depth());
        let together = (TOGETHER / all.max(1)).max(1);
        Self::pack([geometry.groups, rows, depth], taps.len(), |panel, to| {
            let first = panel.group * rows + panel.channels.start;
            let rows = weights[first * depth * all..].chunks_exact(depth * all);
            // Rows lie far apart, so that their beginnings would drive each other out of the cache.
            let mut block = vec![0.0; panel.width * together * all];
            for start in (0..depth).step_by(together) {
                let count = together.min(depth - start);
                let of_block = block.chunks_exact_mut(count * all);
                for (to, row) in of_block.zip(rows.clone().take(panel.channels.len())) {
                    let (here, next) = row[start * all..].split_at(count * all);
                    prefetch::for_reading(&next[..next.len().min(count * all)]);
                    to.copy_from_slice(here);
                }
                for (t, tap) in taps.iter().enumerate() {
                    let to = &mut to[(t * depth + start) * panel.width..][..count * panel.width];
                    for (channel, to) in to.chunks_exact_mut(panel.width).enumerate() {
                        let from = &block[channel * all + tap.index..];
                        take_every(from, count * all, &mut to[..panel.channels.len()]);
                    }
                }
            }
        })
    }

    /// For the data gradient, one for each of its grids: tiles of input channels, products over taps and
    /// output channels.
    pub(crate) fn backward(geometry: &Geometry, weights: &[f32]) -> Vec<Self> {
        let grids = geometry.backward_grids();
        grids.iter().map(|grid| Self::of_grid(geometry, weights, &grid.taps)).collect()
    }

    fn of_grid(geometry: &Geometry, weights: &[f32], taps: &[Tap]) -> Self {
        let (rows, all, depth) = (geometry.in_depth(), geometry.taps(), geometry.out_depth());
        Self::pack([geometry.groups, rows, depth], taps.len(), |panel, to| {
            for channel in 0..depth {
                let first = (panel.group * depth + channel) * rows + panel.channels.start;
                let count = panel.channels.len() * all;
                let kernels = &weights[first * all..][..count];
                if let Some(later) = weights.get((first + AHEAD * rows) * all..) {
                    prefetch::for_reading(&later[..later.len().min(count)]);
                }
                for (t, tap) in taps.iter().enumerate() {
                    let to = &mut to[(t * depth + channel) * panel.width..];
                    take_every(&kernels[tap.index..], all, &mut to[..panel.channels.len()]);
                }
            }
        })
    }

    pub(super) fn pack(
        [groups, rows, depth]: [usize; 3],
        taps: usize,
        fill: impl Fn(Panel, &mut [f32]) + Sync,
    ) -> Self {
        let width = tile::width(rows);
        let (products, panels) = (taps * depth, rows.div_ceil(width));
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

/// Every `step`-th number of `from`, from the first.
fn take_every(from: &[f32], step: usize, to: &mut [f32]) {
    if step == 1 {
        to.copy_from_slice(&from[..to.len()]);
    } else {
        to.iter_mut().zip(from.iter().step_by(step)).for_each(|(to, from)| *to = *from);
    }
}

impl Drop for Weights {
    fn drop(&mut self) {
        pool::give(std::mem::take(&mut self.values));
    }
}
