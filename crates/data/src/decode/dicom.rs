//! DICOM, through the `dicom-*` crates.

mod colour;
mod grey;
mod lengths;
mod syntax;

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use dicom_dictionary_std::tags;
use dicom_object::{DefaultDicomObject, OpenFileOptions, Tag};
use dicom_pixeldata::{DecodedPixelData, PixelDecoder};

use super::{DecodeError, Decoder, Format, Jpeg, MAX_PIXELS, RgbImage, check_size};
use crate::level::Level;
use crate::pixels::{Channels, Depth, PixelFormat};

/// A byte of baseline JPEG holds the most.
const MAX_PIXELS_PER_BYTE: usize = 512;

/// DICOM of one sample (`MONOCHROME1`, `MONOCHROME2`) of up to 16 bits, signed or not, or of three 8-bit
/// samples (`RGB`, `YBR_FULL`), through the `dicom-*` crates.
///
/// * Transfer syntaxes: Implicit VR Little Endian, Explicit VR Little and Big Endian, RLE Lossless, JPEG
///   Baseline, JPEG Extended of 8 bits, JPEG Lossless. Others are
///   [`DecodeError::TransferSyntax`]; 12-bit JPEG is [`DecodeError::JpegPrecision`].
/// * Grey levels are rescaled by slope and intercept, then the window maps them to black up to white;
///   without a window, all values that the stored bits can have. `MONOCHROME1` is inverted.
/// * Palettes, lookup tables for the modality and bitmaps of one bit are refused; overlays are not drawn.
///
/// Source: DICOM PS3.3 2024, C.7.6.3 (image pixel), C.11.1 (modality), C.11.2 (window).
#[derive(Clone, Debug)]
pub struct Dicom {
    /// Images with more pixels are refused before memory is taken for them.
    ///
    /// The default is Pillow's: 89,478,485 (256 MiB of RGB).
    pub max_pixels: usize,
    /// What becomes visible.
    pub options: DicomOptions,
}

/// What becomes visible of a DICOM file. The default is the first frame, in the file's own window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DicomOptions {
    /// Which values are black and white.
    pub window: Window,
    /// Which of several images.
    pub frame: Frame,
}

/// Which values, after rescaling, are black and white.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Window {
    /// As the file says; of several windows, that of the frame, or the first. A file without a window is
    /// shown by its lookup table, or as with [`Full`](Self::Full).
    #[default]
    OfFile,
    /// All values that the stored bits can have.
    Full,
    /// These, whatever the file says: in Hounsfield units, say.
    Given {
        /// The value in the middle.
        center: f64,
        /// From black to white; at least 1.
        width: f64,
    },
}

/// Which image of a file with several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Frame {
    /// The first.
    #[default]
    First,
    /// The one in the middle; of an even number, the one behind it.
    Middle,
    /// This one, from 0. A file without it is refused.
    Number(u32),
}

impl Default for Dicom {
    fn default() -> Self {
        Self { max_pixels: MAX_PIXELS, options: DicomOptions::default() }
    }
}

impl Decoder for Dicom {
    fn decode(&self, encoded: &[u8], image: &mut RgbImage) -> Result<(), DecodeError> {
        self.read(encoded, image)
    }

    fn decode_16(&self, encoded: &[u8], image: &mut RgbImage<u16>) -> Result<(), DecodeError> {
        self.read(encoded, image)
    }

    fn stored_format(&self, encoded: &[u8]) -> Result<PixelFormat, DecodeError> {
        let object = open(encoded, OpenFileOptions::new().read_until(tags::PIXEL_DATA))?;
        let channels = match number(&object, tags::SAMPLES_PER_PIXEL)? {
            1 => Channels::Grey,
            _ => Channels::Rgb,
        };
        let depth =
            if number(&object, tags::BITS_STORED)? > 8 { Depth::Sixteen } else { Depth::Eight };
        Ok(PixelFormat { channels, depth })
    }

    /// A lookup table says it as well.
    fn has_window(&self, encoded: &[u8]) -> Result<bool, DecodeError> {
        let object = open(encoded, OpenFileOptions::new())?;
        let decoded = self.samples_of(&object, encoded)?;
        no_panic(|| grey::says_what_is_white(&decoded, self.options.window))
    }
}

impl Dicom {
    pub(super) fn read<L: Level>(
        &self,
        encoded: &[u8],
        image: &mut RgbImage<L>,
    ) -> Result<(), DecodeError> {
        let object = open(encoded, OpenFileOptions::new())?;
        let decoded = self.samples_of(&object, encoded)?;
        let window = self.options.window;
        no_panic(|| match decoded.samples_per_pixel() {
            1 => grey::write(&decoded, window, image),
            3 => {
                let colours = object.element(tags::PHOTOMETRIC_INTERPRETATION).map_err(damaged)?;
                let colours = colours.to_str().map_err(damaged)?;
                let syntax = object.meta().transfer_syntax();
                colour::write(&decoded, colours.trim(), syntax, image)
            }
            other => Err(unsupported(&format!("{other} samples a pixel"))),
        })?;
        (image.height, image.width) = (decoded.rows() as usize, decoded.columns() as usize);
        Ok(())
    }

    /// What is stored for each pixel of the frame.
    fn samples_of<'a>(
        &self,
        object: &'a DefaultDicomObject,
        encoded: &[u8],
    ) -> Result<DecodedPixelData<'a>, DecodeError> {
        let side = |tag| Ok::<_, DecodeError>(number(object, tag)? as usize);
        let (height, width) = (side(tags::ROWS)?, side(tags::COLUMNS)?);
        check_size((height, width), self.max_pixels, MAX_PIXELS_PER_BYTE, encoded)?;
        if object.element_opt(tags::MODALITY_LUT_SEQUENCE).ok().flatten().is_some() {
            return Err(unsupported("a lookup table of its modality"));
        }
        check_frames(object, (height, width))?;
        let frame = self.frame(object)?;
        no_panic(|| object.decode_pixel_data_frame(frame).map_err(damaged))
    }

    fn frame(&self, object: &DefaultDicomObject) -> Result<u32, DecodeError> {
        // Files with one image need not say so.
        let frames = match object.element_opt(tags::NUMBER_OF_FRAMES) {
            Ok(Some(_)) => number(object, tags::NUMBER_OF_FRAMES)?.max(1),
            _ => 1,
        };
        match self.options.frame {
            Frame::First => Ok(0),
            Frame::Middle => Ok(frames / 2),
            Frame::Number(frame) if frame < frames => Ok(frame),
            Frame::Number(frame) => {
                let text = format!(
                    "a DICOM file of {frames} frames, of which number {frame} (from \
                                    0) is wanted: choose another frame"
                );
                Err(DecodeError::Image(text))
            }
        }
    }
}

/// Reads a file whose transfer syntax is read, and in which no length leads out of the file.
fn open(encoded: &[u8], options: OpenFileOptions) -> Result<DefaultDicomObject, DecodeError> {
    Format::Dicom.expect(encoded)?;
    let start = lengths::check_meta(encoded).map_err(|problem| damaged(&problem))?;
    let syntax = syntax::of(encoded)?;
    lengths::check(encoded, start, &syntax).map_err(|problem| damaged(&problem))?;
    let read = || options.from_reader(Cursor::new(encoded)).map_err(damaged);
    no_panic(read)
}

/// Of JPEG inside, the library would say less clearly that it has 12 bits; and it takes memory for the size
/// that stands there, and for what run lengths point to.
fn check_frames(object: &DefaultDicomObject, size: (usize, usize)) -> Result<(), DecodeError> {
    let pixels = object.element(tags::PIXEL_DATA).map_err(damaged)?;
    let runs = object.meta().transfer_syntax() == syntax::RLE;
    for jpeg in pixels.fragments().into_iter().flatten() {
        if runs && !runs_lie_within(jpeg) {
            return Err(damaged("run lengths that lie outside of the file"));
        }
        if let Err(error @ DecodeError::JpegPrecision(_)) = Jpeg::default().info(jpeg) {
            return Err(error);
        }
        if jpeg_size(jpeg).is_some_and(|found| found != size) {
            return Err(damaged("a picture inside of another size than the file says"));
        }
    }
    Ok(())
}

/// Whether the segments of run-length coded pixels begin within them (PS3.5, G.5).
fn runs_lie_within(frame: &[u8]) -> bool {
    let header = frame.get(..64).unwrap_or_default().as_chunks::<4>().0;
    let mut words = header.iter().map(|&bytes| u32::from_le_bytes(bytes) as usize);
    // The number of segments, then where they begin.
    words.next().is_some_and(|segments| segments < 16) && words.all(|place| place <= frame.len())
}

/// Height and width in the first frame header of a JPEG file of any process (ITU-T T.81, B.2.2).
fn jpeg_size(jpeg: &[u8]) -> Option<(usize, usize)> {
    let two = |at: usize| Some(usize::from(u16::from_be_bytes(*jpeg.get(at..)?.first_chunk()?)));
    let mut place = if two(0)? == 0xffd8 { 2 } else { return None };
    loop {
        let marker = two(place)?;
        match marker {
            // Tables and an extension among the numbers of frames.
            0xffc4 | 0xffc8 | 0xffcc => {}
            0xffc0..=0xffcf => return Some((two(place + 5)?, two(place + 7)?)),
            _ if marker < 0xff00 => return None,
            _ => {}
        }
        place += 2 + two(place + 2)?;
    }
}

/// The value of a whole number that must be there.
fn number(object: &DefaultDicomObject, tag: Tag) -> Result<u32, DecodeError> {
    let element = object.element(tag).map_err(damaged)?;
    element.to_int().map_err(damaged)
}

/// The samples of 8 or 16 bits; more or fewer than `len` are damage.
fn samples(decoded: &DecodedPixelData<'_>, len: usize) -> Result<Vec<u16>, DecodeError> {
    let levels = match decoded.bits_allocated() {
        8 => decoded.data().iter().copied().map(u16::from).collect(),
        16 => decoded.data_ow(),
        other => return Err(unsupported(&format!("{other} bits a sample"))),
    };
    if levels.len() < len {
        return Err(damaged("samples are missing"));
    }
    Ok(levels)
}

/// The libraries are not known to panic, but were not made for damaged files either.
fn no_panic<T>(read: impl FnOnce() -> Result<T, DecodeError>) -> Result<T, DecodeError> {
    // What `read` works on is given up after a panic, or written over by the next image.
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_panic| Err(damaged("its content contradicts itself")))
}

fn unsupported(what: &str) -> DecodeError {
    let text = format!("a DICOM file with {what}, which is not read: convert it to a PNG image");
    DecodeError::Image(text)
}

fn damaged(error: impl std::fmt::Display) -> DecodeError {
    DecodeError::Image(format!("damaged DICOM: {error}"))
}
