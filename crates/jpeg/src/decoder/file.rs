//! Reading one file, segment by segment.

use super::Decoder;
use super::scans::UNITS_AT_A_TIME;
use crate::error::{Result, damaged};
use crate::frame::Frame;
use crate::header::{Header, ImageInfo};
use crate::markers::{
    END_OF_IMAGE, HUFFMAN_TABLES, QUANTIZATION_TABLES, START_OF_SCAN, Segment, Segments,
};
use crate::region::Region;
use crate::scan::Scan;
use crate::standard_tables;
use crate::tables::Quantization;
use crate::upsample::Upsampling;

/// Which pixels are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Want {
    #[default]
    Nothing,
    Whole,
    Region(Region),
}

/// What is known about the file that is read.
#[derive(Debug, Default)]
pub(crate) struct File {
    pub(crate) header: Header,
    pub(crate) frame: Frame,
    /// What stands before the first scan; what comes later changes nothing of it, as in libjpeg.
    info: Option<ImageInfo>,
    want: Want,
    /// The part that is wanted; without one, the file is only checked.
    pub(crate) region: Option<Region>,
    /// The tables of the components, as they are in a component's first scan.
    pub(crate) quantization: [Option<Quantization>; 4],
    /// Scans so far.
    scans: usize,
    /// Whether coefficients of the whole picture are kept until all scans are read.
    pub(crate) several_scans: bool,
}

impl Decoder {
    /// Reads a file; afterwards the planes hold the samples of the region.
    pub(super) fn read(&mut self, encoded: &[u8], want: Want) -> Result<ImageInfo> {
        self.tables.clear();
        let (mut segments, mut file) = (Segments::new(encoded)?, File { want, ..File::default() });
        loop {
            let segment = segments.next()?;
            match segment.marker {
                QUANTIZATION_TABLES => self.tables.read_quantization(&segment)?,
                HUFFMAN_TABLES => self.tables.read_huffman(&segment)?,
                START_OF_SCAN => {
                    if let Some(end) = self.read_scan(&mut file, encoded, &segment)? {
                        segments.go_to(end);
                    }
                }
                END_OF_IMAGE => break self.finish(&file, segment.start)?,
                _ => file.header.take(&segment, &self.limits, encoded.len())?,
            }
        }
        Ok(file.info.expect("there was a scan"))
    }

    /// Reads a scan and gives the place behind it; nothing if it adds nothing.
    fn read_scan(
        &mut self,
        file: &mut File,
        encoded: &[u8],
        segment: &Segment<'_>,
    ) -> Result<Option<usize>> {
        if file.scans > 0 && !file.several_scans {
            return Ok(None);
        }
        let frame = file.header.frame(segment.start)?;
        let scan = Scan::parse(segment, &frame)?;
        if file.scans == 0 {
            standard_tables::fill_in(&mut self.tables);
            self.begin(file, frame, &scan)?;
        }
        file.scans += 1;
        if file.scans > self.limits.max_scans {
            return segment.damaged("more scans than the limit");
        }
        self.find_tables(file, &scan, segment)?;
        let data = segment.start + segment.body.len();
        let end = self.compressed.read(encoded, data)?;
        self.scan(file, &scan, data)?;
        Ok(Some(end))
    }

    /// Makes room for the picture, now that everything about it is known.
    fn begin(&mut self, file: &mut File, frame: Frame, first: &Scan) -> Result<()> {
        file.frame = frame;
        file.info = Some(file.header.info(&frame));
        let complete = first.parts().len() == frame.components().len();
        file.several_scans = frame.progressive || !complete;
        file.region = match file.want {
            Want::Nothing => None,
            Want::Whole => Some(Region::whole(frame.height, frame.width)),
            Want::Region(region) => Some(region),
        };
        // Also of a file that is only checked: what passes can be decoded.
        for (index, part) in frame.components().iter().enumerate() {
            self.upsampling[index] = Upsampling::of(&frame, part)?;
        }
        if let Some(region) = file.region {
            region.check(frame.height, frame.width)?;
            for (index, part) in frame.components().iter().enumerate() {
                let (rows, columns) =
                    self.upsampling[index].needed(part, &region.rows(), &region.columns());
                self.planes[index].cover(part, &rows, &columns);
            }
        }
        let all = (frame.units_high, frame.units_wide);
        self.coefficients
            .clear(&frame, if file.several_scans { all } else { (1, UNITS_AT_A_TIME) });
        Ok(())
    }

    /// Checks that the tables which a scan names are there.
    fn find_tables(&mut self, file: &mut File, scan: &Scan, segment: &Segment<'_>) -> Result<()> {
        for part in scan.parts() {
            let component = file.frame.components()[part.component];
            let latched = &mut file.quantization[part.component];
            *latched = latched.or(self.tables.quantization[component.quantization]);
            if latched.is_none() {
                return segment.damaged("a component without its quantization table");
            }
            let (needs_dc, needs_ac) = match file.frame.progressive {
                true => (scan.first == 0 && scan.high == 0, scan.first > 0),
                false => (true, true),
            };
            let (dc, ac) = (&self.tables.dc[part.dc], &self.tables.ac[part.ac]);
            if needs_dc && !dc.is_defined() || needs_ac && !ac.is_defined() {
                return segment.damaged("a component without its Huffman table");
            }
            if needs_dc && dc.largest() > 15 {
                return segment.damaged("a Huffman table with impossible symbols");
            }
            if !file.frame.progressive {
                self.tables.dc[part.dc].prepare_to_pass(true);
                self.tables.ac[part.ac].prepare_to_pass(false);
                if file.region.is_some() {
                    self.tables.ac[part.ac].look_ahead();
                }
            }
        }
        Ok(())
    }

    /// Checks at the end of the file that all components came, and transforms what was kept.
    fn finish(&mut self, file: &File, end: usize) -> Result<()> {
        let components = file.frame.components().len();
        if file.scans == 0 || file.quantization[..components].iter().any(Option::is_none) {
            return damaged(end, "the file ends without all components");
        }
        if file.several_scans && file.region.is_some() {
            self.transform_all(file);
        }
        Ok(())
    }
}
