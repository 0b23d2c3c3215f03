//! Samples of a component: of the blocks that a region needs.

use std::ops::Range;

use crate::coefficients::Block;
use crate::frame::{Component, SIDE};
use crate::idct;
use crate::memory::resize;
use crate::tables::Quantization;
use crate::wide::Wide;

/// The samples of a rectangle of blocks; memory is reused from picture to picture.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plane {
    samples: Vec<u8>,
    /// Blocks.
    pub(crate) rows: Range<usize>,
    pub(crate) columns: Range<usize>,
    /// The last sample that belongs to the picture.
    last_row: usize,
    last_column: usize,
}

impl Plane {
    /// Makes room for the blocks with these samples.
    pub(crate) fn cover(
        &mut self,
        component: &Component,
        rows: &Range<usize>,
        columns: &Range<usize>,
    ) {
        self.rows = rows.start / SIDE..rows.end.div_ceil(SIDE);
        self.columns = columns.start / SIDE..columns.end.div_ceil(SIDE);
        (self.last_row, self.last_column) = (component.height - 1, component.width - 1);
        // What was there is written over, so the memory need not shrink.
        let samples = self.rows.len() * SIDE * self.stride();
        if self.samples.len() < samples {
            resize(&mut self.samples, samples, 0);
        }
    }

    #[inline(always)]
    fn stride(&self) -> usize {
        self.columns.len() * SIDE
    }

    /// Transforms those of `blocks` that are needed: of row `row`, from column `first` on.
    #[inline(always)]
    pub(crate) fn transform(
        &mut self,
        wide: Wide,
        (row, first): (usize, usize),
        blocks: &[Block],
        quantization: &Quantization,
    ) {
        let columns = self.columns.start.max(first)..self.columns.end.min(first + blocks.len());
        if !self.rows.contains(&row) || columns.is_empty() {
            return;
        }
        let stride = self.stride();
        let start =
            (row - self.rows.start) * SIDE * stride + (columns.start - self.columns.start) * SIDE;
        let blocks = &blocks[columns.start - first..columns.end - first];
        idct::inverse(wide, blocks, quantization, &mut self.samples[start..], stride);
    }

    /// Samples `columns` of a row.
    #[inline(always)]
    pub(crate) fn row(&self, row: usize, columns: Range<usize>) -> &[u8] {
        let first = self.columns.start * SIDE;
        let start = (row - self.rows.start * SIDE) * self.stride();
        &self.samples[start..][columns.start - first..columns.end - first]
    }

    /// The row above, or the first one again.
    #[inline(always)]
    pub(crate) fn above(row: usize) -> usize {
        row.saturating_sub(1)
    }

    /// The row below, or the last one of the picture again.
    #[inline(always)]
    pub(crate) fn below(&self, row: usize) -> usize {
        (row + 1).min(self.last_row)
    }

    /// The columns and one more on each side where the picture has one.
    #[inline(always)]
    pub(crate) fn widened(&self, columns: &Range<usize>) -> Range<usize> {
        columns.start.saturating_sub(1)..(columns.end + 1).min(self.last_column + 1)
    }
}
