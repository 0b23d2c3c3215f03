//! What is done with the blocks of a scan.

use std::ops::Range;

use super::{Decoder, File};
use crate::coefficients::Coefficients;
use crate::error::{Fault, Place, Result};
use crate::planes::Plane;
use crate::progressive::{AcFirst, AcMore, DcFirst, DcMore};
use crate::scan::{BlockCoder, Scan, Walk};
use crate::sequential::{Keep, Sequential};
use crate::wide::{Wide, Work};

impl Decoder {
    /// Takes the blocks of a scan whose data begin at byte `data` of the file.
    pub(crate) fn scan(&mut self, file: &File, scan: &Scan, data: usize) -> Result<()> {
        let place = |row| Place::Scan { byte: data, row: scan.pixel_row(row, &file.frame) };
        let Self { wide, tables, compressed, coefficients, planes, .. } = self;
        let walk = Walk::new(compressed, file.header.restart_interval, scan, coefficients);
        let walk = walk.map_err(|fault| fault.at(place(0)))?;
        let mut rows = Rows { wide: *wide, walk, scan, coefficients };
        let done = match (file.frame.progressive, scan.first, scan.high) {
            (false, ..) => rows.sequential(file, &mut Sequential::new(scan, tables), planes),
            (true, 0, 0) => rows.all(&mut DcFirst::new(scan, tables)),
            (true, 0, _) => rows.all(&mut DcMore { low: scan.low }),
            (true, _, 0) => rows.all(&mut AcFirst::new(scan, tables)),
            (true, ..) => rows.all(&mut AcMore::new(scan, tables)),
        };
        done.map_err(|(fault, row)| fault.at(place(row)))
    }

    /// Transforms the coefficients of all scans, where a region is wanted.
    pub(crate) fn transform_all(&mut self, file: &File) {
        let Self { wide, coefficients, planes, .. } = self;
        wide.run(TransformAll { wide: *wide, file, coefficients, planes });
    }
}

/// A fault, and the row of units in which it is.
type Faulty = (Fault, usize);

/// The rows of units of a scan.
struct Rows<'a> {
    wide: Wide,
    walk: Walk<'a>,
    scan: &'a Scan,
    coefficients: &'a mut Coefficients,
}

impl Rows<'_> {
    /// All rows of one scan of several, to their places in the picture.
    fn all(&mut self, coder: &mut impl BlockCoder) -> Result<(), Faulty> {
        for row in 0..self.scan.units_high {
            let Self { walk, scan, coefficients, .. } = self;
            let taken = self.wide.run(WholeRow { walk, scan, row, coefficients, coder });
            taken.map_err(|fault| (fault, row))?;
        }
        Ok(())
    }

    /// All rows, of which nothing is kept.
    fn none(&mut self, coder: &mut Sequential<'_>) -> Result<(), Faulty> {
        (0..self.scan.units_high).try_for_each(|row| {
            let Self { walk, scan, .. } = self;
            let passed = self.wide.run(PassRow { walk, scan, coder });
            passed.map_err(|fault| (fault, row))
        })
    }

    fn sequential(
        &mut self,
        file: &File,
        coder: &mut Sequential<'_>,
        planes: &mut [Plane; 4],
    ) -> Result<(), Faulty> {
        match file.region {
            None => self.none(coder),
            Some(_) if file.several_scans => self.all(&mut Keep(coder)),
            Some(_) => self.stream(file, coder, planes),
        }
    }

    /// The rows of the only scan, each of which becomes samples at once; none below the region.
    fn stream(
        &mut self,
        file: &File,
        coder: &mut Sequential<'_>,
        planes: &mut [Plane; 4],
    ) -> Result<(), Faulty> {
        let planes = &mut planes[..file.frame.components().len()];
        let (rows, kept) = needed_units(file, planes);
        for row in 0..rows.end {
            let Self { walk, scan, coefficients, .. } = self;
            let taken = if rows.contains(&row) {
                let (wide, kept) = (self.wide, kept.clone());
                wide.run(RowToSamples {
                    wide,
                    walk,
                    scan,
                    row,
                    kept,
                    file,
                    coefficients,
                    coder,
                    planes,
                })
            } else {
                self.wide.run(PassRow { walk, scan, coder })
            };
            taken.map_err(|fault| (fault, row))?;
        }
        Ok(())
    }
}

/// Takes a row of units and keeps all of it.
struct WholeRow<'r, 'a, C> {
    walk: &'r mut Walk<'a>,
    scan: &'r Scan,
    row: usize,
    coefficients: &'r mut Coefficients,
    coder: &'r mut C,
}

impl<C: BlockCoder> Work for WholeRow<'_, '_, C> {
    type Output = Result<(), Fault>;

    #[inline(always)]
    fn run(self) -> Result<(), Fault> {
        let Self { walk, scan, row, coefficients, coder } = self;
        walk.units(0..scan.units_wide, (row, 0), coefficients, coder)?;
        walk.check()
    }
}

/// Takes a row of units and keeps nothing of it.
struct PassRow<'r, 'a, 't> {
    walk: &'r mut Walk<'a>,
    scan: &'r Scan,
    coder: &'r mut Sequential<'t>,
}

impl Work for PassRow<'_, '_, '_> {
    type Output = Result<(), Fault>;

    #[inline(always)]
    fn run(self) -> Result<(), Fault> {
        let Self { walk, scan, coder } = self;
        walk.pass(scan.units_wide, coder)?;
        walk.check()
    }
}

/// Units whose coefficients become samples before the next ones are taken: so few that they stay in the
/// processor's fastest memory.
pub(crate) const UNITS_AT_A_TIME: usize = 8;

/// Takes a row of units, of which `kept` become samples.
struct RowToSamples<'r, 'a, 't> {
    wide: Wide,
    walk: &'r mut Walk<'a>,
    scan: &'r Scan,
    row: usize,
    kept: Range<usize>,
    file: &'r File,
    coefficients: &'r mut Coefficients,
    coder: &'r mut Sequential<'t>,
    planes: &'r mut [Plane],
}

impl Work for RowToSamples<'_, '_, '_> {
    type Output = Result<(), Fault>;

    #[inline(always)]
    fn run(self) -> Result<(), Fault> {
        let Self { wide, walk, scan, row, kept, file, coefficients, coder, planes } = self;
        walk.pass(kept.start, coder)?;
        for first in kept.clone().step_by(UNITS_AT_A_TIME) {
            let units = first..kept.end.min(first + UNITS_AT_A_TIME);
            walk.units(units.clone(), (0, first), coefficients, &mut Keep(coder))?;
            to_samples(wide, file, (row, &units), coefficients, planes);
        }
        walk.pass(scan.units_wide - kept.end, coder)?;
        walk.check()
    }
}

/// Transforms the units of a row that are in memory.
#[inline(always)]
fn to_samples(
    wide: Wide,
    file: &File,
    (row, units): (usize, &Range<usize>),
    coefficients: &Coefficients,
    planes: &mut [Plane],
) {
    let parts = file.frame.components().iter().zip(&file.quantization);
    for (component, (plane, (part, quantization))) in planes.iter_mut().zip(parts).enumerate() {
        let Some(quantization) = quantization else { continue };
        for down in 0..part.down {
            let blocks = &coefficients.row(component, down)[..units.len() * part.across];
            let place = (row * part.down + down, units.start * part.across);
            plane.transform(wide, place, blocks, quantization);
        }
    }
}

/// Transforms what is needed of a whole picture's coefficients.
struct TransformAll<'r> {
    wide: Wide,
    file: &'r File,
    coefficients: &'r Coefficients,
    planes: &'r mut [Plane; 4],
}

impl Work for TransformAll<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { wide, file, coefficients, planes } = self;
        let components = file.frame.components().len();
        let parts = planes[..components].iter_mut().zip(&file.quantization);
        for (component, (plane, quantization)) in parts.enumerate() {
            let Some(quantization) = quantization else { continue };
            for row in plane.rows.clone() {
                plane.transform(wide, (row, 0), coefficients.row(component, row), quantization);
            }
        }
    }
}

/// The rows and columns of units that hold the blocks of the planes.
fn needed_units(file: &File, planes: &[Plane]) -> (Range<usize>, Range<usize>) {
    let parts = || planes.iter().zip(file.frame.components());
    let union = |ranges: &mut dyn Iterator<Item = Range<usize>>| {
        let both = |a: Range<usize>, b: Range<usize>| a.start.min(b.start)..a.end.max(b.end);
        ranges.reduce(both).unwrap_or_default()
    };
    let units = |blocks: &Range<usize>, factor| blocks.start / factor..blocks.end.div_ceil(factor);
    (
        union(&mut parts().map(|(plane, part)| units(&plane.rows, part.down))),
        union(&mut parts().map(|(plane, part)| units(&plane.columns, part.across))),
    )
}
