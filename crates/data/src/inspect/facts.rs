//! What is known of one image after decoding it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use crate::decode::{self, DecodeError, DecodedLevel, Decoder, RgbImage};
use crate::level::Level;
use crate::levels::AllLevels;
use crate::pixels::{Depth, PixelFormat};
use crate::source::{Picture, Sample, Source};
use crate::worker::panic_message;

/// The form in which an image is stored, told by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Format {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// TIFF.
    Tiff,
    /// BMP.
    Bmp,
    /// DICOM.
    Dicom,
    /// Any other kind of file that the decoder takes.
    Other,
    /// Pixels as they are.
    Rgb,
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Tiff => "TIFF",
            Self::Bmp => "BMP",
            Self::Dicom => "DICOM",
            Self::Other => "other",
            Self::Rgb => "raw RGB",
        })
    }
}

/// What is kept of an image: a few numbers, not its pixels.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Facts {
    pub(super) label: u32,
    pub(super) format: Format,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) bytes: u64,
    /// How it is stored, as far as the decoder tells.
    pub(super) stored: PixelFormat,
    /// Whether red, green and blue are equal in every pixel.
    pub(super) grey: bool,
    /// Of size and pixels: two images of equal pixels have it in common. That two of a million
    /// different images have is as likely as 1 to 10^26, if nobody made them for it.
    pub(super) hash: u128,
}

/// Why there are no [`Facts`] of an image.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refused {
    /// The label, if the record could be read at all.
    pub(super) label: Option<u32>,
    pub(super) reason: String,
}

/// Looks at one image at a time, reusing its memory.
pub(super) struct Examiner<'a> {
    decoder: &'a dyn Decoder,
    classes: usize,
    record: Vec<u8>,
    eight: RgbImage,
    sixteen: RgbImage<u16>,
}

impl<'a> Examiner<'a> {
    pub(super) fn new(decoder: &'a dyn Decoder, classes: usize) -> Self {
        let (eight, sixteen) = (RgbImage::default(), RgbImage::default());
        Self { decoder, classes, record: Vec::new(), eight, sixteen }
    }

    /// The facts of image `index`; its pixels are added to `levels`.
    pub(super) fn examine(
        &mut self,
        source: &dyn Source,
        index: usize,
        levels: &mut AllLevels,
    ) -> Result<Facts, Refused> {
        // One file that makes a decoder panic must not hide what is wrong with the others. Reused
        // memory may then hold anything; every use overwrites it first.
        let looked = catch_unwind(AssertUnwindSafe(|| self.look_at(source, index)));
        let facts = looked.unwrap_or_else(|panic| {
            let reason = format!("reading it panicked: {}", panic_message(&*panic));
            Err(Refused { label: None, reason })
        })?;
        match facts.stored.depth {
            Depth::Eight => levels.add_eight(&self.eight),
            Depth::Sixteen => levels.add_sixteen(&self.sixteen),
        }
        Ok(facts)
    }

    fn look_at(&mut self, source: &dyn Source, index: usize) -> Result<Facts, Refused> {
        let sample = source
            .read(index, &mut self.record)
            .map_err(|error| Refused { label: None, reason: with_causes(&error) })?;
        let decoded = self.check_label(sample.label).and_then(|()| self.decode(&sample));
        decoded.map_err(|reason| Refused { label: Some(sample.label), reason })
    }

    fn check_label(&self, label: u32) -> Result<(), String> {
        match (label as usize) < self.classes {
            true => Ok(()),
            false => Err(format!("label {label} is none of the {} classes", self.classes)),
        }
    }

    /// Decodes the picture to as many bits as are stored.
    fn decode(&mut self, sample: &Sample) -> Result<Facts, String> {
        let picture = &sample.picture;
        let (format, bytes, stored) = match picture {
            Picture::Encoded(range) => {
                let encoded = &self.record[range.clone()];
                // What is wrong with the header is said by decoding.
                let stored = self.decoder.stored_format(encoded).unwrap_or_default();
                (format_of(encoded), encoded.len() as u64, stored)
            }
            Picture::Rgb { .. } => (Format::Rgb, self.record.len() as u64, PixelFormat::default()),
        };
        let (decoder, record) = (self.decoder, &mut self.record);
        let pixels = match stored.depth {
            Depth::Eight => look_at_pixels(picture, decoder, record, &mut self.eight),
            Depth::Sixteen => look_at_pixels(picture, decoder, record, &mut self.sixteen),
        };
        let Seen { width, height, grey, hash } = pixels.map_err(|error| error.to_string())?;
        Ok(Facts { label: sample.label, format, width, height, bytes, stored, grey, hash })
    }
}

/// What the pixels tell.
struct Seen {
    width: u32,
    height: u32,
    grey: bool,
    hash: u128,
}

fn look_at_pixels<L: DecodedLevel>(
    picture: &Picture,
    decoder: &dyn Decoder,
    record: &mut Vec<u8>,
    image: &mut RgbImage<L>,
) -> Result<Seen, DecodeError> {
    picture.decode(decoder, record, image)?;
    let side = |pixels| u32::try_from(pixels).unwrap_or(u32::MAX);
    let (width, height) = (side(image.width), side(image.height));
    Ok(Seen { width, height, grey: is_grey(&image.pixels), hash: hash(image) })
}

/// An error and what caused it, as one sentence.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

fn format_of(encoded: &[u8]) -> Format {
    match decode::Format::of(encoded) {
        decode::Format::Jpeg => Format::Jpeg,
        decode::Format::Png => Format::Png,
        decode::Format::Tiff => Format::Tiff,
        decode::Format::Bmp => Format::Bmp,
        decode::Format::Dicom => Format::Dicom,
        decode::Format::Other(_) => Format::Other,
    }
}

fn is_grey<L: Level>(rgb: &[L]) -> bool {
    let (pixels, _) = rgb.as_chunks::<3>();
    pixels.iter().all(|[red, green, blue]| red == green && green == blue)
}

fn hash<L: Level>(image: &RgbImage<L>) -> u128 {
    let mut hasher = Xxh3::new();
    hasher.update(&(image.width as u64).to_le_bytes());
    hasher.update(&(image.height as u64).to_le_bytes());
    hasher.update(bytemuck::cast_slice(&image.pixels));
    hasher.digest128()
}
