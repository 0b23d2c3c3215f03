//! From stored values to grey levels: rescaling, window, inversion.

use dicom_pixeldata::{
    DecodedPixelData, PhotometricInterpretation, PixelRepresentation, VoiLutFunction, WindowLevel,
};

use super::{Window, damaged, samples, unsupported};
use crate::decode::{DecodeError, RgbImage};
use crate::level::Level;

/// Shares of white, from 0 to 1, for values after rescaling.
enum Mapping<'a> {
    /// Evenly from the first value to the last.
    Range(f64, f64),
    Window(WindowLevel, VoiLutFunction),
    /// The levels of the values from `first` on.
    Table {
        first: i32,
        bits: u8,
        levels: &'a [u16],
    },
}

/// Writes the pixels to `image`.
pub(super) fn write<L: Level>(
    decoded: &DecodedPixelData<'_>,
    window: Window,
    image: &mut RgbImage<L>,
) -> Result<(), DecodeError> {
    let inverted = match decoded.photometric_interpretation() {
        PhotometricInterpretation::Monochrome1 => true,
        PhotometricInterpretation::Monochrome2 => false,
        other => return Err(unsupported(&format!("the colours {}", other.as_str()))),
    };
    let stored = Stored::of(decoded)?;
    let rescale =
        *decoded.rescale().map_err(damaged)?.first().ok_or_else(|| damaged("no slope"))?;
    let rescaled = |value: i32| f64::from(value) * rescale.slope + rescale.intercept;
    let (least, most) = stored.range();
    let full = Mapping::Range(rescaled(least), rescaled(most));
    let mapping = mapping(decoded, window)?.unwrap_or(full);
    let white: f64 = L::MAX.into();
    let level = |sample: u16| {
        let share = mapping.share(rescaled(stored.value(sample)));
        let share = if inverted { 1.0 - share } else { share };
        L::truncated(share * white + 0.5)
    };
    let pixels = decoded.rows() as usize * decoded.columns() as usize;
    let samples = samples(decoded, pixels)?;
    image.pixels.clear();
    image.pixels.extend(samples[..pixels].iter().flat_map(|&sample| [level(sample); 3]));
    Ok(())
}

/// Whether a window or a table says which values are black and white.
pub(super) fn says_what_is_white(
    decoded: &DecodedPixelData<'_>,
    window: Window,
) -> Result<bool, DecodeError> {
    Ok(mapping(decoded, window)?.is_some())
}

fn mapping<'a>(
    decoded: &'a DecodedPixelData<'_>,
    window: Window,
) -> Result<Option<Mapping<'a>>, DecodeError> {
    let function = decoded.voi_lut_function().map_err(damaged)?;
    let function = function.and_then(|all| all.first().copied()).unwrap_or_default();
    if let Window::Given { center, width } = window {
        return Ok(Some(Mapping::Window(WindowLevel { center, width }, function)));
    }
    if window == Window::Full {
        return Ok(None);
    }
    let windows = decoded.window().map_err(damaged)?;
    if let Some(&window) = windows.and_then(|all| all.first()) {
        return Ok(Some(Mapping::Window(window, function)));
    }
    let tables = decoded.voi_lut_sequence().map_err(damaged)?;
    let table = tables.and_then(|all| all.first()).filter(|table| !table.data.is_empty());
    Ok(table.map(|table| Mapping::Table {
        first: table.min_pixel_value,
        bits: table.bits_stored,
        levels: &table.data,
    }))
}

impl Mapping<'_> {
    fn share(&self, value: f64) -> f64 {
        let share = match self {
            Self::Range(first, last) => (value - first) / (last - first),
            &Self::Table { first, bits, levels } => {
                let place = (value - f64::from(first)).max(0.0) as usize;
                let level = levels[place.min(levels.len() - 1)];
                f64::from(level) / f64::from((1u32 << bits.min(16)) - 1)
            }
            Self::Window(WindowLevel { center, width }, function) => match function {
                VoiLutFunction::LinearExact => {
                    (value - center) / width.max(f64::MIN_POSITIVE) + 0.5
                }
                VoiLutFunction::Sigmoid => {
                    1.0 / (1.0 + (-4.0 * (value - center) / width.max(f64::MIN_POSITIVE)).exp())
                }
                _ => linear(value, *center, width.max(1.0)),
            },
        };
        share.clamp(0.0, 1.0)
    }
}

/// PS3.3, C.11.2.1.2.1.
fn linear(value: f64, center: f64, width: f64) -> f64 {
    let (middle, reach) = (center - 0.5, (width - 1.0) / 2.0);
    if value <= middle - reach {
        0.0
    } else if value > middle + reach {
        1.0
    } else {
        (value - middle) / (width - 1.0) + 0.5
    }
}

/// How a value lies in the bits of a sample.
struct Stored {
    bits: u32,
    shift: u32,
    signed: bool,
}

impl Stored {
    fn of(decoded: &DecodedPixelData<'_>) -> Result<Self, DecodeError> {
        let (bits, allocated) = (u32::from(decoded.bits_stored()), decoded.bits_allocated());
        let above = u32::from(decoded.high_bit()) + 1;
        if bits == 0 || bits > above || above > u32::from(allocated) || allocated > 16 {
            return Err(unsupported(&format!(
                "{bits} of {allocated} bits up to number {}",
                decoded.high_bit()
            )));
        }
        let signed = decoded.pixel_representation() == PixelRepresentation::Signed;
        Ok(Self { bits, shift: above - bits, signed })
    }

    fn value(&self, sample: u16) -> i32 {
        let value = i32::from(sample >> self.shift) & ((1 << self.bits) - 1);
        let negative = self.signed && value >> (self.bits - 1) == 1;
        if negative { value - (1 << self.bits) } else { value }
    }

    /// The least and the largest value.
    fn range(&self) -> (i32, i32) {
        match self.signed {
            true => (-(1 << (self.bits - 1)), (1 << (self.bits - 1)) - 1),
            false => (0, (1 << self.bits) - 1),
        }
    }
}
