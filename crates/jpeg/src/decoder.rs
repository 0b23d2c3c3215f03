//! The decoder: segments in, pixels out.

mod scans;

use crate::coefficients::Coefficients;
use crate::compressed::Compressed;
use crate::error::{Result, damaged};
use crate::frame::Frame;
use crate::header::{ColourModel, Header, ImageInfo};
use crate::limits::Limits;
use crate::markers::{
    END_OF_IMAGE, HUFFMAN_TABLES, QUANTIZATION_TABLES, START_OF_SCAN, Segment, Segments,
};
use crate::memory::resize;
use crate::planes::Plane;
use crate::region::Region;
use crate::tables::{Quantization, Tables};
use crate::upsample::{Row, Upsampling};
use crate::wide::{Wide, Work};
use crate::{colour, scan::Scan, standard_tables};
use scans::UNITS_AT_A_TIME;

/// Decodes pictures one after the other, in memory that is reused: one decoder for each thread.
#[derive(Clone, Debug)]
pub struct Decoder {
    limits: Limits,
    pub(crate) wide: Wide,
    pub(crate) tables: Tables,
    pub(crate) compressed: Compressed,
    pub(crate) coefficients: Coefficients,
    /// Samples and how they become pixels, by component.
    pub(crate) planes: [Plane; 4],
    upsampling: [Upsampling; 4],
    rows: [Row; 4],
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

/// Which pixels are wanted.
#[derive(Clone, Copy, Debug, Default)]
enum Want {
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
    /// A decoder that refuses files beyond `limits`.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            wide: Wide::detect(),
            tables: Tables::default(),
            compressed: Compressed::default(),
            coefficients: Coefficients::default(),
            planes: Default::default(),
            upsampling: Default::default(),
            rows: Default::default(),
        }
    }

    /// Refuses files beyond `limits` from now on.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Reads what stands before the compressed data: the size and kind of the picture.
    ///
    /// # Errors
    ///
    /// If the file is no JPEG, of a kind that cannot be decoded, larger than the limits, or damaged there.
    pub fn info(&self, encoded: &[u8]) -> Result<ImageInfo> {
        let (mut segments, mut header) = (Segments::new(encoded)?, Header::default());
        loop {
            let segment = segments.next()?;
            if matches!(segment.marker, START_OF_SCAN | END_OF_IMAGE) {
                return Ok(header.info(&header.frame(segment.start)?));
            }
            header.take(&segment, &self.limits, encoded.len())?;
        }
    }

    /// Finds out whether the whole file can be decoded, without computing pixels.
    ///
    /// # Errors
    ///
    /// If it cannot. Changes that leave valid codes are not found: JPEG has no checksum.
    pub fn check(&mut self, encoded: &[u8]) -> Result<ImageInfo> {
        self.read(encoded, Want::Nothing)
    }

    /// Decodes a picture to `out`: 3 bytes (red, green, blue) for each pixel, by row.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check). `out` then holds anything.
    pub fn decode(&mut self, encoded: &[u8], out: &mut Vec<u8>) -> Result<ImageInfo> {
        let info = self.read(encoded, Want::Whole)?;
        self.write_rgb(&info, Region::whole(info.height, info.width), out);
        Ok(info)
    }

    /// Decodes a part of a picture to `out`: the pixels that [`decode`](Self::decode) would give there.
    ///
    /// What lies below the region is not read, so that damage there is not found.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check), and if the picture has no such region. `out` then holds anything.
    pub fn decode_region(
        &mut self,
        encoded: &[u8],
        region: Region,
        out: &mut Vec<u8>,
    ) -> Result<ImageInfo> {
        let info = self.read(encoded, Want::Region(region))?;
        self.write_rgb(&info, region, out);
        Ok(info)
    }

    /// Reads a file; afterwards the planes hold the samples of the region.
    fn read(&mut self, encoded: &[u8], want: Want) -> Result<ImageInfo> {
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

    fn write_rgb(&mut self, info: &ImageInfo, region: Region, out: &mut Vec<u8>) {
        resize(out, region.height * region.width * 3, 0);
        let Self { wide, planes, upsampling, rows, .. } = self;
        wide.run(WriteRgb {
            wide: *wide,
            colour: info.colour,
            region,
            planes,
            upsampling,
            rows,
            out,
        });
    }
}

/// Computes the pixels of a region from the planes.
struct WriteRgb<'r> {
    wide: Wide,
    colour: ColourModel,
    region: Region,
    planes: &'r [Plane; 4],
    upsampling: &'r [Upsampling; 4],
    rows: &'r mut [Row; 4],
    out: &'r mut [u8],
}

impl Work for WriteRgb<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { wide, colour, region, planes, upsampling, rows, out } = self;
        for (row, out) in region.rows().zip(out.chunks_exact_mut(3 * region.width)) {
            let mut inputs: [&[u8]; 4] = [&[]; 4];
            for (index, pixels) in rows[..colour.components()].iter_mut().enumerate() {
                let (plane, upsampling) = (&planes[index], upsampling[index]);
                inputs[index] = pixels.compute(plane, upsampling, row, region.columns());
            }
            colour::to_rgb(wide, colour, inputs, out);
        }
    }
}
