//! The decoder: segments in, pixels out.

mod file;
mod pixels;
mod scans;

use crate::coefficients::Coefficients;
use crate::compressed::Compressed;
use crate::error::Result;
use crate::header::{Header, ImageInfo};
use crate::limits::Limits;
use crate::markers::{END_OF_IMAGE, START_OF_SCAN, Segments};
use crate::planes::Plane;
use crate::region::Region;
use crate::tables::Tables;
use crate::upsample::{Row, Upsampling};
use crate::wide::Wide;
use file::{File, Want};

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
}
