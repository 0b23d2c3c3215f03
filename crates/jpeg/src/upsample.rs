//! From the samples of a component to one for each pixel.
//!
//! Where a component has half as many samples, pixels lie between samples and are interpolated: what
//! libjpeg calls fancy upsampling. Elsewhere samples are repeated.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::frame::{Component, Frame};
use crate::planes::Plane;

/// How samples of a component become pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Upsampling {
    /// A sample is a pixel.
    #[default]
    None,
    /// Interpolated across (4:2:2).
    Across,
    /// Interpolated down (4:4:0).
    Down,
    /// Interpolated in both directions (4:2:0).
    Both,
    /// Repeated so many times, across and down.
    Repeat(usize, usize),
}

impl Upsampling {
    pub(crate) fn of(frame: &Frame, part: &Component) -> Result<Self> {
        if !frame.across.is_multiple_of(part.across) || !frame.down.is_multiple_of(part.down) {
            let kind = "a JPEG whose sampling factors do not divide each other";
            return Err(Error::Unsupported { kind });
        }
        // libjpeg repeats where two columns leave nothing to interpolate.
        let narrow = part.width <= 2;
        Ok(match (frame.across / part.across, frame.down / part.down) {
            (1, 1) => Self::None,
            (2, 1) if !narrow => Self::Across,
            (1, 2) => Self::Down,
            (2, 2) if !narrow => Self::Both,
            (across, down) => Self::Repeat(across, down),
        })
    }

    /// The samples that pixels `columns` need, and `rows`.
    pub(crate) fn needed(
        self,
        part: &Component,
        rows: &Range<usize>,
        columns: &Range<usize>,
    ) -> (Range<usize>, Range<usize>) {
        let (across, down) = match self {
            Self::None => (1, 1),
            Self::Across => (2, 1),
            Self::Down => (1, 2),
            Self::Both => (2, 2),
            Self::Repeat(across, down) => (across, down),
        };
        let around = |range: &Range<usize>, factor, more, extent: usize| {
            let Range { start, end } = shrunk(range, factor);
            start.saturating_sub(more)..(end + more).min(extent)
        };
        let more_columns = usize::from(matches!(self, Self::Across | Self::Both));
        let more_rows = usize::from(matches!(self, Self::Down | Self::Both));
        (
            around(rows, down, more_rows, part.height),
            around(columns, across, more_columns, part.width),
        )
    }
}

/// The samples that pixels `range` lie on.
#[inline(always)]
fn shrunk(range: &Range<usize>, factor: usize) -> Range<usize> {
    range.start / factor..range.end.div_ceil(factor)
}

/// A row of pixels of one component; memory is reused.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    pixels: Vec<u8>,
    /// Samples, weighted by their distance, with one more on each side.
    sums: Vec<u16>,
}

impl Row {
    /// Computes pixels `columns` of row `row`.
    #[inline(always)]
    pub(crate) fn compute<'a>(
        &'a mut self,
        plane: &'a Plane,
        upsampling: Upsampling,
        row: usize,
        columns: Range<usize>,
    ) -> &'a [u8] {
        // Where rows are halved, odd ones lie nearer to the row below.
        let neighbour =
            if row.is_multiple_of(2) { Plane::above(row / 2) } else { plane.below(row / 2) };
        let halved = shrunk(&columns, 2);
        match upsampling {
            Upsampling::None => return plane.row(row, columns),
            Upsampling::Repeat(across, down) => {
                let samples = plane.row(row / down, shrunk(&columns, across));
                self.repeat(samples, across);
                return &self.pixels[columns.start % across..][..columns.len()];
            }
            Upsampling::Down => {
                let near = plane.row(row / 2, columns.clone());
                self.between(near, plane.row(neighbour, columns), 1 + (row % 2) as u16);
                return &self.pixels;
            }
            Upsampling::Across => {
                self.single(plane.row(row, plane.widened(&halved)));
                self.pad(plane, &halved);
                self.double::<1, 2, 2>(halved.len());
            }
            Upsampling::Both => {
                let widened = plane.widened(&halved);
                let near = plane.row(row / 2, widened.clone());
                self.weigh(near, plane.row(neighbour, widened));
                self.pad(plane, &halved);
                self.double::<8, 7, 4>(halved.len());
            }
        }
        &self.pixels[columns.start % 2..][..columns.len()]
    }

    #[inline(always)]
    fn repeat(&mut self, samples: &[u8], times: usize) {
        self.pixels.resize(samples.len() * times, 0);
        for (pixels, &sample) in self.pixels.chunks_exact_mut(times).zip(samples) {
            pixels.fill(sample);
        }
    }

    /// Three parts of the near row and one of the far one.
    #[inline(always)]
    fn between(&mut self, near: &[u8], far: &[u8], bias: u16) {
        self.pixels.resize(near.len(), 0);
        for ((pixel, &near), &far) in self.pixels.iter_mut().zip(near).zip(far) {
            *pixel = ((3 * u16::from(near) + u16::from(far) + bias) >> 2) as u8;
        }
    }

    #[inline(always)]
    fn single(&mut self, samples: &[u8]) {
        self.sums.resize(samples.len() + 2, 0);
        for (sum, &sample) in self.sums[1..].iter_mut().zip(samples) {
            *sum = u16::from(sample);
        }
    }

    #[inline(always)]
    fn weigh(&mut self, near: &[u8], far: &[u8]) {
        self.sums.resize(near.len() + 2, 0);
        for ((sum, &near), &far) in self.sums[1..].iter_mut().zip(near).zip(far) {
            *sum = 3 * u16::from(near) + u16::from(far);
        }
    }

    /// Brings sample `columns.start - 1` to the front of the sums. At the picture's border samples
    /// are their own neighbours.
    #[inline(always)]
    fn pad(&mut self, plane: &Plane, columns: &Range<usize>) {
        let widened = plane.widened(columns);
        let len = widened.len();
        self.sums[0] = self.sums[1];
        self.sums[len + 1] = self.sums[len];
        if widened.start < columns.start {
            self.sums.copy_within(1.., 0);
        }
    }

    /// Two pixels for each sum: three parts of it and one of its neighbour.
    #[inline(always)]
    fn double<const LEFT: u16, const RIGHT: u16, const BITS: u32>(&mut self, samples: usize) {
        self.pixels.resize(2 * samples, 0);
        let (before, here, after) =
            (&self.sums[..samples], &self.sums[1..=samples], &self.sums[2..samples + 2]);
        let pairs = self.pixels.as_chunks_mut::<2>().0;
        for (((pair, &before), &here), &after) in pairs.iter_mut().zip(before).zip(here).zip(after)
        {
            let left = (3 * here + before + LEFT) >> BITS;
            let right = (3 * here + after + RIGHT) >> BITS;
            // As one number of 16 bits, which vectors store without shuffling.
            *pair = (left | right << 8).to_le_bytes();
        }
    }
}
