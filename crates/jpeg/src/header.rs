//! What a file says about its picture.

use std::ops::Range;

use crate::error::{Result, damaged};
use crate::frame::Frame;
use crate::limits::Limits;
use crate::markers::{
    APP_ADOBE, APP_EXIF, APP_JFIF, ARITHMETIC_CONDITIONING, BASELINE, HUFFMAN_TABLES, LAST_FRAME,
    RESTART_INTERVAL, Segment,
};

/// What the components of a picture are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColourModel {
    /// One component: levels of grey.
    Grey,
    /// Luma and two differences of colour (ITU-R BT.601, full range).
    YCbCr,
    /// Red, green and blue as they are.
    Rgb,
    /// Four inks.
    Cmyk,
    /// Four inks, three of them as luma and differences of colour.
    Ycck,
}

impl ColourModel {
    /// Number of components.
    #[must_use]
    pub fn components(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::YCbCr | Self::Rgb => 3,
            Self::Cmyk | Self::Ycck => 4,
        }
    }
}

/// What a file says about its picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageInfo {
    /// Rows.
    pub height: usize,
    /// Pixels in a row.
    pub width: usize,
    /// What is stored; decoded pixels are always red, green and blue.
    pub colour: ColourModel,
    /// Whether the picture is stored in passes of growing detail.
    pub progressive: bool,
    /// Where EXIF data lie in the file, as a TIFF structure; `None` if it has none.
    pub exif: Option<Range<usize>>,
}

/// What the segments that were read so far say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Header {
    pub(crate) frame: Option<Frame>,
    /// Units between restart markers; 0 without them.
    pub(crate) restart_interval: usize,
    jfif: bool,
    /// Adobe's number for the colour transform.
    adobe: Option<u8>,
    exif: Option<Range<usize>>,
}

impl Header {
    /// Takes what a segment says; segments that do not matter are passed over.
    pub(crate) fn take(
        &mut self,
        segment: &Segment<'_>,
        limits: &Limits,
        bytes: usize,
    ) -> Result<()> {
        match segment.marker {
            RESTART_INTERVAL => {
                self.restart_interval = usize::from(u16::from_be_bytes(*segment.bytes(0)?));
            }
            // Numbers among those of frames that are none: tables, and an extension.
            HUFFMAN_TABLES | ARITHMETIC_CONDITIONING | 0xc8 => {}
            BASELINE..=LAST_FRAME => self.take_frame(segment, limits, bytes)?,
            _ => self.take_application_data(segment),
        }
        Ok(())
    }

    fn take_frame(&mut self, segment: &Segment<'_>, limits: &Limits, bytes: usize) -> Result<()> {
        if self.frame.is_some() {
            return segment.damaged("a second frame");
        }
        let frame = Frame::parse(segment)?;
        limits.check((frame.width, frame.height), frame.blocks(), bytes)?;
        self.frame = Some(frame);
        Ok(())
    }

    fn take_application_data(&mut self, segment: &Segment<'_>) {
        match (segment.marker, segment.body) {
            // Shorter ones are no JFIF to libjpeg either.
            (APP_JFIF, [b'J', b'F', b'I', b'F', 0, rest @ ..]) if rest.len() >= 9 => {
                self.jfif = true;
            }
            (APP_EXIF, [b'E', b'x', b'i', b'f', 0, 0, ..]) if self.exif.is_none() => {
                self.exif = Some(segment.start + 6..segment.start + segment.body.len());
            }
            (APP_ADOBE, [b'A', b'd', b'o', b'b', b'e', _, _, _, _, _, _, transform, ..]) => {
                self.adobe = Some(*transform);
            }
            _ => {}
        }
    }

    /// The frame; an error at this byte if there is none yet.
    pub(crate) fn frame(&self, byte: usize) -> Result<Frame> {
        self.frame.map_or_else(|| damaged(byte, "a scan before the frame header"), Ok)
    }

    pub(crate) fn info(&self, frame: &Frame) -> ImageInfo {
        ImageInfo {
            height: frame.height,
            width: frame.width,
            colour: self.colour(frame),
            progressive: frame.progressive,
            exif: self.exif.clone(),
        }
    }

    /// What the components are. Files do not say it plainly; this is how libjpeg guesses.
    fn colour(&self, frame: &Frame) -> ColourModel {
        match (frame.components(), self.adobe) {
            ([_], _) => ColourModel::Grey,
            ([_, _, _], Some(0)) if !self.jfif => ColourModel::Rgb,
            ([r, g, b], None) if !self.jfif && [r.id, g.id, b.id] == *b"RGB" => ColourModel::Rgb,
            ([_, _, _], _) => ColourModel::YCbCr,
            (_, None | Some(0)) => ColourModel::Cmyk,
            (_, Some(_)) => ColourModel::Ycck,
        }
    }
}
