//! Coefficients in memory: of a row of units, or of a whole picture.

use crate::frame::Frame;
use crate::memory::resize;

/// The coefficients of 8x8 samples, in rows.
pub(crate) type Block = [i16; 64];

/// Blocks of all components; memory is reused from picture to picture.
#[derive(Clone, Debug, Default)]
pub(crate) struct Coefficients {
    blocks: Vec<Block>,
    /// By component: its first block, and its blocks in a row.
    start: [usize; 4],
    wide: [usize; 4],
}

impl Coefficients {
    /// Makes room for `high` rows of `wide` units, all zero.
    pub(crate) fn clear(&mut self, frame: &Frame, (high, wide): (usize, usize)) {
        let mut end = 0;
        for (index, part) in frame.components().iter().enumerate() {
            (self.start[index], self.wide[index]) = (end, part.across * wide);
            end += part.across * wide * part.down * high;
        }
        self.blocks.clear();
        resize(&mut self.blocks, end, [0; 64]);
    }

    /// A row of blocks of a component.
    #[inline(always)]
    pub(crate) fn row(&self, component: usize, row: usize) -> &[Block] {
        &self.blocks[self.row_start(component, row)..][..self.wide[component]]
    }

    /// Where a row of blocks of a component begins, for [`block_mut`](Self::block_mut).
    pub(crate) fn row_start(&self, component: usize, row: usize) -> usize {
        self.start[component] + row * self.wide[component]
    }

    /// A block.
    #[inline(always)]
    pub(crate) fn block_mut(&mut self, index: usize) -> &mut Block {
        &mut self.blocks[index]
    }
}
