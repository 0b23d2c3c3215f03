//! From a raw image file to the JPEG that is stored.

use jpeg_encoder::{ColorType, Encoder};
use resnet_jpeg::ColourModel;

use crate::decode::{AnyImage, Decoder, Format, Jpeg, RgbImage};
use crate::transform::{Region, Resizer, shorter_side_to};

/// As the reference re-encodes the images that are no RGB JPEG.
const REENCODED_QUALITY: u8 = 100;

/// Converts one image at a time, reusing its memory.
///
/// An image is decoded at most once: pixels for checking it, for measuring it and for making it
/// smaller are the same.
pub(super) struct Converter {
    pub(super) verify: bool,
    pub(super) short_side: Option<usize>,
    pub(super) quality: u8,
    decoded: RgbImage,
    resized: RgbImage,
    resizer: Resizer,
    encoded: Vec<u8>,
}

/// A converted image.
pub(super) struct Converted<'a> {
    pub(super) jpeg: &'a [u8],
    pub(super) height: usize,
    pub(super) width: usize,
    /// What it was, if no RGB JPEG: `png` or `cmyk`.
    pub(super) from: Option<&'static str>,
    /// Whether it was made smaller.
    pub(super) smaller: bool,
    /// The stored pixels (before compression, if that was done), where they are known.
    pub(super) pixels: Option<&'a RgbImage>,
}

/// What a file is, by its first bytes: names lie, one PNG in ImageNet is called JPEG.
#[derive(Clone, Copy)]
enum Kind {
    Png,
    Cmyk,
    /// Grey or colour; height and width.
    Jpeg(usize, usize),
}

impl Converter {
    pub(super) fn new(verify: bool, short_side: Option<usize>, quality: u8) -> Self {
        let (decoded, resized, resizer, encoded) = Default::default();
        Self { verify, short_side, quality, decoded, resized, resizer, encoded }
    }

    /// Converts an image, or says why it cannot be one. Pixels of images that need not change are
    /// computed only to `measure` them.
    pub(super) fn convert<'a>(
        &'a mut self,
        raw: &'a [u8],
        measure: bool,
    ) -> Result<Converted<'a>, String> {
        let kind = kind(raw)?;
        if let Kind::Jpeg(height, width) = kind
            && !(self.verify && measure)
            && !self.too_large(height, width)
        {
            if self.verify {
                Jpeg::default().check(raw).map_err(|error| error.to_string())?;
            }
            let (from, smaller, pixels) = (None, false, None);
            return Ok(Converted { jpeg: raw, height, width, from, smaller, pixels });
        }
        AnyImage::default().decode(raw, &mut self.decoded).map_err(|error| error.to_string())?;
        let RgbImage { height, width, .. } = self.decoded;
        let from = kind.other_than_rgb_jpeg();
        if self.too_large(height, width) {
            self.shrink()?;
            encode(&self.resized, self.quality, &mut self.encoded)?;
            let stored = stored(&self.resized, &self.encoded, from);
            return Ok(Converted { smaller: true, ..stored });
        }
        if from.is_none() {
            return Ok(stored(&self.decoded, raw, from));
        }
        encode(&self.decoded, REENCODED_QUALITY, &mut self.encoded)?;
        Ok(stored(&self.decoded, &self.encoded, from))
    }

    fn too_large(&self, height: usize, width: usize) -> bool {
        self.short_side.is_some_and(|side| height.min(width) > side)
    }

    fn shrink(&mut self) -> Result<(), String> {
        let (image, resized) = (&self.decoded, &mut self.resized);
        let side = self.short_side.unwrap_or(usize::MAX);
        let (height, width) = shorter_side_to(side, image.height, image.width);
        (resized.height, resized.width) = (height, width);
        resized.pixels.resize(height * width * 3, 0);
        let whole = Region { top: 0, left: 0, height: image.height, width: image.width };
        self.resizer.resize(image, whole, height, width, &mut resized.pixels)
    }
}

/// These pixels in their own size.
fn stored<'a>(pixels: &'a RgbImage, jpeg: &'a [u8], from: Option<&'static str>) -> Converted<'a> {
    let (height, width) = (pixels.height, pixels.width);
    Converted { jpeg, height, width, from, smaller: false, pixels: Some(pixels) }
}

impl Kind {
    /// As [`Reencoded`](super::Reencoded) calls it.
    fn other_than_rgb_jpeg(self) -> Option<&'static str> {
        match self {
            Self::Png => Some("png"),
            Self::Cmyk => Some("cmyk"),
            Self::Jpeg(..) => None,
        }
    }
}

fn kind(raw: &[u8]) -> Result<Kind, String> {
    match Format::of(raw) {
        Format::Png => return Ok(Kind::Png),
        Format::Jpeg => {}
        _ if raw.is_empty() => return Err("an empty file".to_owned()),
        _ => return Err("neither a JPEG nor a PNG image".to_owned()),
    }
    let info = Jpeg::default().info(raw).map_err(|error| error.to_string())?;
    Ok(match info.colour {
        ColourModel::Cmyk | ColourModel::Ycck => Kind::Cmyk,
        _ => Kind::Jpeg(info.height, info.width),
    })
}

fn encode(image: &RgbImage, quality: u8, out: &mut Vec<u8>) -> Result<(), String> {
    let side =
        |pixels: usize| u16::try_from(pixels).map_err(|_large| "a side of more than 65535 pixels");
    let (width, height) = (side(image.width)?, side(image.height)?);
    out.clear();
    let encoded = Encoder::new(out, quality).encode(&image.pixels, width, height, ColorType::Rgb);
    encoded.map_err(|error| format!("cannot be encoded: {error}"))
}
