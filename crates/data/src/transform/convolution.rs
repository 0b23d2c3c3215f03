//! Resizing by weighted sums, across and then down, as Pillow does it (within 1 level), in memory that is
//! used again.
//!
//! Source: Pillow, `src/libImaging/Resample.c`: which pixels count and how much, the precision of their
//! weights, and a rounding to whole levels between the two directions.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod plain;
mod weights;

use weights::{Axis, Weights};

pub(super) use weights::Filter;

use super::part::Part;
use super::region::{Region, too_elongated};
use crate::decode::MAX_PIXELS;
use crate::level::Level;

/// Rows that are summed at once.
const ROWS: usize = 8;

/// A pixel of [`ROWS`] rows: red, green, blue and nothing of each.
type Column = [[u8; 4]; ROWS];

/// The memory that resizing needs; it is used again.
#[derive(Debug, Default)]
pub(super) struct Convolution<L> {
    across: Weights,
    down: Weights,
    /// The rows that are needed, at their new width.
    narrowed: Vec<L>,
    columns: Vec<Column>,
}

impl<L: Level> Convolution<L> {
    /// Resizes a part of an image to `size` (height, width), of which `kept` comes to `out`: not an empty
    /// region. What it does not need is not computed.
    pub(super) fn resize(
        &mut self,
        filter: Filter,
        part: Part<'_, L>,
        size: (usize, usize),
        kept: Region,
        out: &mut [L],
    ) -> Result<(), String> {
        let across = Axis { filter, from: part.region.width, to: size.1 };
        let down = Axis { filter, from: part.region.height, to: size.0 };
        let (rows, columns) = (kept.top..kept.top + kept.height, kept.left..kept.left + kept.width);
        let needed = part.within(&down.needed(&rows), &across.needed(&columns));
        if pixels_on_the_way(needed.region, kept.width) > MAX_PIXELS {
            return Err(too_elongated((part.region.height, part.region.width), size));
        }
        self.across.set(across, columns);
        self.down.set(down, rows);
        match (across.stays(), down.stays()) {
            (true, true) => copy(needed, out),
            (true, false) => self.down(needed, out),
            (false, same_height) => self.across_and_down(needed, kept.width, same_height, out),
        }
        Ok(())
    }

    fn across_and_down(
        &mut self,
        part: Part<'_, L>,
        width: usize,
        same_height: bool,
        out: &mut [L],
    ) {
        let mut memory = std::mem::take(&mut self.narrowed);
        let (len, whole) = (part.region.height, part.region.height.next_multiple_of(ROWS));
        // It never shrinks: what grows is filled with zeros.
        memory.resize((whole * width * 3).max(memory.len()), L::default());
        self.across(part, &mut memory[..whole * width * 3]);
        let narrowed = Part::whole(&memory[..len * width * 3], len, width);
        match same_height {
            false => self.down(narrowed, out),
            true => copy(narrowed, out),
        }
        self.narrowed = memory;
    }

    /// Changes the width, to rows of which there are a multiple of [`ROWS`]: the last ones may repeat.
    fn across(&mut self, part: Part<'_, L>, out: &mut [L]) {
        let Self { across, columns, .. } = self;
        if L::BITS > 8 {
            return plain::across(part, across, out);
        }
        let (wide, part, out) = (Wide::detect(), part.eight(), bytemuck::cast_slice_mut(out));
        wide.run(Across { wide, part, weights: across, columns, out });
    }

    fn down(&self, part: Part<'_, L>, out: &mut [L]) {
        if L::BITS > 8 {
            return plain::down(part, &self.down, out);
        }
        let (wide, part, out) = (Wide::detect(), part.eight(), bytemuck::cast_slice_mut(out));
        wide.run(Down { wide, part, weights: &self.down, out });
    }
}

/// For how many pixels resizing a part takes memory: for its rows at their new `width`, for some rows of its
/// columns, and for weights, of which there are a few for every row and column.
fn pixels_on_the_way(part: Region, width: usize) -> usize {
    let narrowed = part.height.saturating_mul(width.max(ROWS));
    narrowed.max(part.width.saturating_mul(ROWS))
}

fn copy<L: Level>(part: Part<'_, L>, out: &mut [L]) {
    for (row, out) in out.chunks_exact_mut(3 * part.region.width).enumerate() {
        out.copy_from_slice(part.row(row).as_flattened());
    }
}

/// The processor's vector instructions, where it has them.
#[derive(Clone, Copy, Debug)]
struct Wide {
    #[cfg(target_arch = "x86_64")]
    simd: Option<pulp::x86::V3>,
}

impl Wide {
    fn detect() -> Self {
        Self {
            #[cfg(target_arch = "x86_64")]
            simd: pulp::x86::V3::try_new(),
        }
    }

    /// Does the work, compiled for these instructions. It and what it calls must be `#[inline(always)]`.
    fn run<W: pulp::NullaryFnOnce<Output = ()>>(self, work: W) {
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = self.simd {
            return simd.vectorize(work);
        }
        work.call();
    }
}

/// Changes the width.
struct Across<'a> {
    wide: Wide,
    part: Part<'a>,
    weights: &'a Weights,
    columns: &'a mut Vec<Column>,
    out: &'a mut [u8],
}

impl pulp::NullaryFnOnce for Across<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { wide, part, weights, columns, out } = self;
        columns.resize(part.region.width, Column::default());
        let (stride, height) = (3 * weights.len(), part.region.height);
        for (index, out) in out.chunks_exact_mut(ROWS * stride).enumerate() {
            let row = |row: usize| part.row((index * ROWS + row).min(height - 1)).as_flattened();
            spread(wide, std::array::from_fn(row), columns);
            for (column, (first, weights)) in weights.iter().enumerate() {
                let levels = weighted(wide, &columns[first..first + weights.len()], weights);
                put(levels, out, stride, 3 * column);
            }
        }
    }
}

/// Writes a pixel of each row at byte `start` of it.
#[inline(always)]
fn put(levels: [[u8; 4]; ROWS], out: &mut [u8], stride: usize, start: usize) {
    if start + 3 < stride {
        for (row, levels) in levels.iter().enumerate() {
            // The fourth byte is written over by the next pixel: one number is faster than three bytes.
            out[row * stride + start..][..4].copy_from_slice(levels);
        }
    } else {
        for (row, levels) in levels.iter().enumerate() {
            out[row * stride + start..][..3].copy_from_slice(&levels[..3]);
        }
    }
}

/// Writes rows to the columns.
#[inline(always)]
fn spread(wide: Wide, rows: [&[u8]; ROWS], columns: &mut [Column]) {
    let done = spread_wide(wide, rows, columns);
    for (index, column) in columns.iter_mut().enumerate().skip(done) {
        for (place, row) in column.iter_mut().zip(rows) {
            place[..3].copy_from_slice(&row[3 * index..3 * index + 3]);
        }
    }
}

/// Writes those columns that fill whole registers, and gives how many. Fourth bytes are zeros then; they do
/// not matter.
#[inline(always)]
fn spread_wide(wide: Wide, rows: [&[u8]; ROWS], columns: &mut [Column]) -> usize {
    let mut done = 0;
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = wide.simd {
        // 12 bytes count of the 16 that are read.
        let end = (rows[0].len() - 1) / 3;
        for columns in columns[..end - end % 4].as_chunks_mut::<4>().0 {
            if 3 * done + 16 > rows[0].len() {
                break;
            }
            avx2::spread(simd, rows, 3 * done, columns);
            done += 4;
        }
    }
    let _: Wide = wide;
    done
}

/// The weighted sum of columns, rounded: 4 bytes for each row.
#[inline(always)]
fn weighted(wide: Wide, columns: &[Column], weights: &[i32]) -> [[u8; 4]; ROWS] {
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = wide.simd {
        return avx2::weighted(simd, columns, weights);
    }
    let _: Wide = wide;
    let sum = |row: usize, colour: usize| {
        let products = columns.iter().zip(weights);
        let products = products.map(|(column, weight)| i32::from(column[row][colour]) * weight);
        weights::level(products.fold(weights::HALF, |sum, product| sum + product))
    };
    std::array::from_fn(|row| std::array::from_fn(|colour| sum(row, colour)))
}

/// Changes the height.
struct Down<'a> {
    wide: Wide,
    part: Part<'a>,
    weights: &'a Weights,
    out: &'a mut [u8],
}

/// Levels that are summed at once with vector instructions.
const LEVELS: usize = 64;

impl pulp::NullaryFnOnce for Down<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { wide, part, weights, out } = self;
        let stride = 3 * part.region.width;
        for (out, (first, weights)) in out.chunks_exact_mut(stride).zip(weights.iter()) {
            let done = down_wide(wide, part, first, weights, out);
            for (level, out) in out.iter_mut().enumerate().skip(done) {
                let rows = weights.iter().enumerate();
                let sum = rows.fold(weights::HALF, |sum, (index, weight)| {
                    sum + i32::from(part.row(first + index).as_flattened()[level]) * weight
                });
                *out = weights::level(sum);
            }
        }
    }
}

/// Computes the levels of a row that fill whole registers, and gives how many.
#[inline(always)]
fn down_wide(wide: Wide, part: Part<'_>, first: usize, weights: &[i32], out: &mut [u8]) -> usize {
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = wide.simd {
        let Some(last) = out.len().checked_sub(LEVELS) else { return 0 };
        // The last register overlaps with the one before.
        for start in (0..last).step_by(LEVELS).chain([last]) {
            let levels = avx2::rows_weighted(simd, part, first, weights, start);
            out[start..start + LEVELS].copy_from_slice(&levels);
        }
        return out.len();
    }
    0
}
