//! Scans: which components and coefficients they hold, and the walk over their blocks.
//!
//! Source: ITU-T T.81, A.2 (order of blocks), B.2.3 (scan header), E.1.4 (restarts).

use std::ops::Range;

use crate::bits::BitReader;
use crate::coefficients::{Block, Coefficients};
use crate::compressed::Compressed;
use crate::error::{Fault, Result};
use crate::frame::{Frame, SIDE};
use crate::markers::Segment;

/// A component in a scan.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Part {
    /// Index of the component in the frame.
    pub(crate) component: usize,
    /// Numbers of its Huffman tables.
    pub(crate) dc: usize,
    pub(crate) ac: usize,
    /// Its blocks in a unit, across and down.
    pub(crate) across: usize,
    pub(crate) down: usize,
}

/// What a scan header says.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Scan {
    parts: [Part; 4],
    count: usize,
    /// First and last coefficient, in the order in which they are stored.
    pub(crate) first: usize,
    pub(crate) last: usize,
    /// Bits below the ones that were sent before, and below the ones that this scan sends.
    pub(crate) high: u32,
    pub(crate) low: u32,
    /// Units across and down.
    pub(crate) units_wide: usize,
    pub(crate) units_high: usize,
}

impl Scan {
    pub(crate) fn parse(segment: &Segment<'_>, frame: &Frame) -> Result<Self> {
        let &[count] = segment.bytes(0)?;
        let mut scan = Self { count: usize::from(count), ..Self::default() };
        if !(1..=frame.components().len()).contains(&scan.count) {
            return segment.damaged("a scan with a wrong number of components");
        }
        for index in 0..scan.count {
            scan.parts[index] = parse_part(segment, 1 + 2 * index, frame)?;
            let component = scan.parts[index].component;
            if scan.parts[..index].iter().any(|part| part.component == component) {
                return segment.damaged("a scan that names a component twice");
            }
        }
        let &[first, last, bits] = segment.bytes(1 + 2 * scan.count)?;
        (scan.first, scan.last) = (usize::from(first), usize::from(last));
        (scan.high, scan.low) = (u32::from(bits >> 4), u32::from(bits & 15));
        scan.divide(frame);
        if frame.progressive && !scan.is_possible() {
            return segment.damaged("a scan of impossible coefficients");
        }
        Ok(scan)
    }

    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts[..self.count]
    }

    /// T.81, G.1.1.1: coefficient 0 by itself, others of one component only.
    fn is_possible(&self) -> bool {
        let range = if self.first == 0 {
            self.last == 0
        } else {
            self.first <= self.last && self.last < 64 && self.count == 1
        };
        range && self.low <= 13 && (self.high == 0 || self.high == self.low + 1)
    }

    /// Cuts the picture into units: blocks of all components, or of one component a block.
    fn divide(&mut self, frame: &Frame) {
        (self.units_wide, self.units_high) = (frame.units_wide, frame.units_high);
        if let [part] = &mut self.parts[..self.count] {
            (part.across, part.down) = (1, 1);
            let component = frame.components()[part.component];
            self.units_wide = component.width.div_ceil(SIDE);
            self.units_high = component.height.div_ceil(SIDE);
        }
    }

    /// The row of pixels where a row of units begins.
    pub(crate) fn pixel_row(&self, row: usize, frame: &Frame) -> usize {
        (row * frame.height / self.units_high.max(1)).min(frame.height - 1)
    }
}

fn parse_part(segment: &Segment<'_>, index: usize, frame: &Frame) -> Result<Part> {
    let &[id, tables] = segment.bytes(index)?;
    let components = frame.components();
    let Some(component) = components.iter().position(|component| component.id == id) else {
        return segment.damaged("a scan of a component that is not in the frame");
    };
    let [dc, ac] = [tables >> 4, tables & 15].map(usize::from);
    if dc > 3 || ac > 3 {
        return segment.damaged("a Huffman table that is not from 0 to 3");
    }
    let (across, down) = (components[component].across, components[component].down);
    Ok(Part { component, dc, ac, across, down })
}

/// Takes the bits of a block.
pub(crate) trait BlockCoder {
    /// Takes the bits of a block of part `part`.
    fn block(
        &mut self,
        bits: &mut BitReader<'_>,
        part: usize,
        block: &mut Block,
    ) -> Result<(), Fault>;

    /// Begins anew after a restart marker.
    fn restart(&mut self);
}

/// Blocks of a unit: of four components, with as many as four across and down.
const MOST_BLOCKS: usize = 64;

/// Where a block of each unit is.
#[derive(Clone, Copy, Debug, Default)]
struct UnitBlock {
    part: usize,
    /// The block of the first unit, and how far it is to the next unit's, across and down.
    first: usize,
    across: usize,
    down: usize,
}

/// The blocks of a unit, in their order. As one list, because processors foresee the end of one loop and not
/// of several inside each other.
fn unit_blocks(scan: &Scan, coefficients: &Coefficients) -> ([UnitBlock; MOST_BLOCKS], usize) {
    let (mut blocks, mut count) = ([UnitBlock::default(); MOST_BLOCKS], 0);
    for (index, &Part { component, across, down, .. }) in scan.parts().iter().enumerate() {
        for row in 0..down {
            let first = coefficients.row_start(component, row);
            let down =
                coefficients.row_start(component, down) - coefficients.row_start(component, 0);
            for column in 0..across {
                blocks[count] = UnitBlock { part: index, first: first + column, across, down };
                count += 1;
            }
        }
    }
    (blocks, count)
}

/// Passes over units of which nothing is kept.
pub(crate) trait UnitPasser {
    /// Passes over units, which have a block of each of these `parts`.
    fn pass(
        &mut self,
        bits: &mut BitReader<'_>,
        parts: &[usize],
        units: usize,
    ) -> Result<(), Fault>;

    /// Begins anew after a restart marker.
    fn restart(&mut self);
}

/// Walks over the units of a scan.
#[derive(Clone, Debug)]
pub(crate) struct Walk<'a> {
    compressed: &'a Compressed,
    bits: BitReader<'a>,
    interval: usize,
    /// Units between restarts, and until the next one.
    restart: usize,
    left: usize,
    /// The blocks of a unit: as many as the last number says.
    blocks: [UnitBlock; MOST_BLOCKS],
    parts: [usize; MOST_BLOCKS],
    count: usize,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(
        compressed: &'a Compressed,
        restart_interval: usize,
        scan: &Scan,
        coefficients: &Coefficients,
    ) -> Result<Self, Fault> {
        let bits = compressed.interval(0).ok_or(Fault::TooShort)?;
        let restart = if restart_interval == 0 { usize::MAX } else { restart_interval };
        let (blocks, count) = unit_blocks(scan, coefficients);
        let parts = blocks.map(|block| block.part);
        Ok(Self { compressed, bits, interval: 0, restart, left: restart, blocks, parts, count })
    }

    /// Takes the units `columns` of a row. They come to row `in_memory` of `coefficients`, of which the first
    /// unit is unit `first`.
    #[inline(always)]
    pub(crate) fn units(
        &mut self,
        columns: Range<usize>,
        (in_memory, first): (usize, usize),
        coefficients: &mut Coefficients,
        coder: &mut impl BlockCoder,
    ) -> Result<(), Fault> {
        // A copy, which stays in registers.
        let mut bits = self.bits.clone();
        for unit in columns {
            if self.left == 0 {
                self.bits = bits;
                self.next_interval()?;
                bits = self.bits.clone();
                coder.restart();
            }
            self.left -= 1;
            let offset = unit - first;
            for place in &self.blocks[..self.count] {
                let index = place.first + in_memory * place.down + offset * place.across;
                let block = coefficients.block_mut(index);
                coder.block(&mut bits, place.part, block)?;
            }
        }
        self.bits = bits;
        Ok(())
    }

    /// Passes over `units` units.
    #[inline(always)]
    pub(crate) fn pass(
        &mut self,
        mut units: usize,
        coder: &mut impl UnitPasser,
    ) -> Result<(), Fault> {
        while units > 0 {
            if self.left == 0 {
                self.next_interval()?;
                coder.restart();
            }
            let together = units.min(self.left);
            coder.pass(&mut self.bits, &self.parts[..self.count], together)?;
            (units, self.left) = (units - together, self.left - together);
        }
        Ok(())
    }

    fn next_interval(&mut self) -> Result<(), Fault> {
        self.check()?;
        self.interval += 1;
        self.bits = self.compressed.interval(self.interval).ok_or(Fault::BadRestart)?;
        self.left = self.restart;
        Ok(())
    }

    /// Checks that there were as many bits as were taken.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        if self.bits.overrun() { Err(Fault::TooShort) } else { Ok(()) }
    }
}
