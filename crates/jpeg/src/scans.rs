//! What is done with the blocks of a scan.

use std::ops::Range;

use crate::coefficients::Coefficients;
use crate::decoder::{Decoder, File};
use crate::error::{Fault, Place, Result};
use crate::planes::Plane;
use crate::progressive::{AcFirst, AcMore, DcFirst, DcMore};
use crate::scan::{BlockCoder, Scan, Walk};
use crate::sequential::{Keep, Pass, Sequential};
use crate::tables::Quantization;
use crate::wide::{Wide, Work};

impl Decoder {
    /// Takes the blocks of a scan whose data begin at byte `data` of the file.
    pub(crate) fn scan(&mut self, file: &File, scan: &Scan, data: usize) -> Result<()> {
        let place = |row| Place::Scan { byte: data, row: scan.pixel_row(row, &file.frame) };
        let Self { wide, tables, compressed, coefficients, planes, .. } = self;
        let walk = Walk::new(compressed, file.header.restart_interval);
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
        for (component, plane) in planes[..file.frame.components().len()].iter_mut().enumerate() {
            let Some(quantization) = &file.quantization[component] else { continue };
            for row in plane.rows.clone() {
                let place = (component, row);
                wide.run(Transform { wide: *wide, plane, row, coefficients, place, quantization });
            }
        }
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
        let rows = 0..self.scan.units_high;
        rows.into_iter().try_for_each(|row| self.row(0..0, coder).map_err(|fault| (fault, row)))
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
        let (rows, columns) = needed_units(file, planes);
        for row in 0..rows.end {
            let needed = rows.contains(&row);
            let kept = if needed { columns.clone() } else { 0..0 };
            self.row(kept, coder).map_err(|fault| (fault, row))?;
            if needed {
                self.transform(file, row, planes);
            }
        }
        Ok(())
    }

    /// Takes the next row and keeps the units `kept`.
    fn row(&mut self, kept: Range<usize>, coder: &mut Sequential<'_>) -> Result<(), Fault> {
        let Self { walk, scan, coefficients, .. } = self;
        self.wide.run(PartOfRow { walk, scan, kept, coefficients, coder })
    }

    fn transform(&self, file: &File, row: usize, planes: &mut [Plane]) {
        let Self { wide, coefficients, .. } = self;
        let parts = file.frame.components().iter().zip(&file.quantization);
        for (component, (plane, (part, quantization))) in planes.iter_mut().zip(parts).enumerate() {
            let Some(quantization) = quantization else { continue };
            for down in 0..part.down {
                let (row, place) = (row * part.down + down, (component, down));
                wide.run(Transform { wide: *wide, plane, row, coefficients, place, quantization });
            }
        }
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
        walk.units(scan, 0..scan.units_wide, row, coefficients, coder)?;
        walk.check()
    }
}

/// Takes a row of units and keeps a part of it, in the one row of coefficients that is in memory.
struct PartOfRow<'r, 'a, 't> {
    walk: &'r mut Walk<'a>,
    scan: &'r Scan,
    kept: Range<usize>,
    coefficients: &'r mut Coefficients,
    coder: &'r mut Sequential<'t>,
}

impl Work for PartOfRow<'_, '_, '_> {
    type Output = Result<(), Fault>;

    #[inline(always)]
    fn run(self) -> Result<(), Fault> {
        let Self { walk, scan, kept, coefficients, coder } = self;
        walk.units(scan, 0..kept.start, 0, coefficients, &mut Pass(coder))?;
        if !kept.is_empty() {
            walk.units(scan, kept.clone(), 0, coefficients, &mut Keep(coder))?;
        }
        walk.units(scan, kept.end..scan.units_wide, 0, coefficients, &mut Pass(coder))?;
        walk.check()
    }
}

/// Transforms a row of blocks of a component.
struct Transform<'r> {
    wide: Wide,
    plane: &'r mut Plane,
    row: usize,
    coefficients: &'r Coefficients,
    /// The component, and where in `coefficients` the row is.
    place: (usize, usize),
    quantization: &'r Quantization,
}

impl Work for Transform<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { wide, plane, row, coefficients, place, quantization } = self;
        plane.transform(wide, row, coefficients, place, quantization);
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
