//! How levels become those that a person sees.

use crate::decode::{DecodeError, DecodedLevel as _, Decoder, RgbImage};
use crate::error::DataError;
use crate::level::Level;
use crate::pixels::{Depth, Pixels};
use crate::source::{Picture, Source};

/// How the levels of an image become 8-bit ones for a person's eyes; a network never sees them.
///
/// A file of 16 bits often holds 10 or 12, whose levels are all nearly black on a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contrast {
    /// As they are; of 16 bits the upper 8.
    AsStored,
    /// The darkest level becomes black and the brightest white, as viewers of X-rays do it.
    Stretched,
}

impl Contrast {
    /// [`Stretched`](Self::Stretched) for an encoded image of 16 bits, unless it has a
    /// [window](Decoder::has_window).
    ///
    /// # Errors
    ///
    /// If `encoded` is damaged or of another format than the decoder's.
    pub fn of_encoded(encoded: &[u8], decoder: &dyn Decoder) -> Result<Self, DecodeError> {
        let is_deep = decoder.stored_format(encoded)?.depth == Depth::Sixteen;
        Ok(if is_deep && !decoder.has_window(encoded)? { Self::Stretched } else { Self::AsStored })
    }

    /// [`of_encoded`](Self::of_encoded) for image `index` of `source`.
    ///
    /// # Errors
    ///
    /// If the image cannot be read or does not decode.
    pub fn of(source: &dyn Source, index: usize, decoder: &dyn Decoder) -> Result<Self, DataError> {
        let mut record = Vec::new();
        match source.read(index, &mut record)?.picture {
            Picture::Encoded(range) => Self::of_encoded(&record[range], decoder)
                .map_err(|error| undecoded(source, index, &error)),
            Picture::Rgb { .. } => Ok(Self::AsStored),
        }
    }

    /// The levels that a person sees. All of them are stretched alike.
    ///
    /// ```
    /// use resnet_data::{Contrast, Pixels};
    ///
    /// let twelve_bits = Pixels::Sixteen(vec![100, 2098, 4095]);
    /// assert_eq!(Contrast::Stretched.levels(&twelve_bits), [0, 128, 255]);
    /// assert_eq!(Contrast::AsStored.levels(&twelve_bits), [0, 8, 15]);
    /// ```
    #[must_use]
    pub fn levels(self, pixels: &Pixels) -> Vec<u8> {
        match (self, pixels) {
            (Self::AsStored, Pixels::Eight(levels)) => levels.clone(),
            (Self::AsStored, Pixels::Sixteen(levels)) => upper_bits(levels),
            (Self::Stretched, Pixels::Eight(levels)) => {
                stretched(levels).unwrap_or_else(|| levels.clone())
            }
            (Self::Stretched, Pixels::Sixteen(levels)) => {
                stretched(levels).unwrap_or_else(|| upper_bits(levels))
            }
        }
    }
}

/// A whole image as a person sees it.
pub(crate) fn shown(
    source: &dyn Source,
    index: usize,
    decoder: &dyn Decoder,
) -> Result<RgbImage, DataError> {
    let (mut record, mut image) = (Vec::new(), RgbImage::default());
    let decoded = match source.read(index, &mut record)?.picture {
        Picture::Encoded(range) => shown_encoded(&record[range], decoder),
        picture @ Picture::Rgb { .. } => {
            picture.decode(decoder, &mut record, &mut image).map(|()| image)
        }
    };
    decoded.map_err(|error| undecoded(source, index, &error))
}

fn shown_encoded(encoded: &[u8], decoder: &dyn Decoder) -> Result<RgbImage, DecodeError> {
    if Contrast::of_encoded(encoded, decoder)? == Contrast::AsStored {
        let mut image = RgbImage::default();
        decoder.decode(encoded, &mut image)?;
        return Ok(image);
    }
    let mut deep = RgbImage::default();
    u16::decode(decoder, encoded, &mut deep)?;
    let RgbImage { height, width, pixels } = deep;
    Ok(RgbImage { height, width, pixels: Contrast::Stretched.levels(&Pixels::Sixteen(pixels)) })
}

fn undecoded(source: &dyn Source, index: usize, error: &DecodeError) -> DataError {
    DataError::Image { name: source.place(index), reason: error.to_string() }
}

fn upper_bits(levels: &[u16]) -> Vec<u8> {
    levels.iter().map(|level| (level >> 8) as u8).collect()
}

/// Nothing if all levels are the same.
fn stretched<L: Level>(levels: &[L]) -> Option<Vec<u8>> {
    let darkest: u32 = (*levels.iter().min()?).into();
    let brightest: u32 = (*levels.iter().max()?).into();
    let range = brightest - darkest;
    let level = |&level: &L| {
        let above: u32 = level.into();
        ((above - darkest) * 255 + range / 2) / range
    };
    (range > 0).then(|| levels.iter().map(|at| level(at) as u8).collect())
}
