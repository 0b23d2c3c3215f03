//! `tf.Summary.Image`, and the size of an encoded picture.
//!
//! Field numbers: `height` 1, `width` 2, `colorspace` 3, `encoded_image_string` 4.

use crate::Result;
use crate::wire::{Cursor, write};

/// An encoded picture and its size in pixels.
///
/// ```
/// use tfrecord_codec::events::Image;
///
/// let png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x20\0\0\0\x10".to_vec(); // and more
/// let image = Image::from_encoded(png).expect("it starts like a PNG file");
/// assert_eq!((image.width, image.height), (32, 16));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// The file as PNG, JPEG or GIF.
    pub encoded: Vec<u8>,
}

/// TensorBoard ignores it; 3 is RGB.
const COLORSPACE_RGB: u64 = 3;

impl Image {
    /// A PNG or JPEG file, whose size is read from its header. `None` if it is neither.
    ///
    /// ```
    /// use tfrecord_codec::events::Image;
    /// assert_eq!(Image::from_encoded(b"not a picture".to_vec()), None);
    /// ```
    pub fn from_encoded(encoded: Vec<u8>) -> Option<Self> {
        let (width, height) = png_size(&encoded).or_else(|| jpeg_size(&encoded))?;
        Some(Self { width, height, encoded })
    }

    pub(super) fn parse(mut message: Cursor<'_>) -> Result<Self> {
        let mut image = Self::default();
        while let Some(field) = message.next_field()? {
            match field.number {
                1 => image.height = field.varint()? as u32,
                2 => image.width = field.varint()? as u32,
                4 => image.encoded = field.bytes()?.as_bytes().to_vec(),
                _ => {}
            }
        }
        Ok(image)
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        write::varint_field(out, 1, u64::from(self.height));
        write::varint_field(out, 2, u64::from(self.width));
        write::varint_field(out, 3, COLORSPACE_RGB);
        write::bytes(out, 4, &self.encoded);
    }
}

/// Width and height in the first chunk of a PNG file (PNG specification, 11.2.1).
fn png_size(file: &[u8]) -> Option<(u32, u32)> {
    let header = file.strip_prefix(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR")?;
    let (width, rest) = header.split_first_chunk()?;
    Some((u32::from_be_bytes(*width), u32::from_be_bytes(*rest.first_chunk()?)))
}

/// Width and height in the frame header of a JPEG file (ITU-T T.81, B.2.2).
fn jpeg_size(file: &[u8]) -> Option<(u32, u32)> {
    let mut rest = file.strip_prefix(b"\xff\xd8")?;
    loop {
        let (marker, segment) = match rest {
            [0xff, 0xff, ..] => {
                rest = &rest[1..];
                continue;
            }
            [0xff, marker, segment @ ..] => (*marker, segment),
            _ => return None,
        };
        let frame = matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
        match segment {
            [_, _, _, h1, h0, w1, w0, ..] if frame => {
                let word = |high, low| u32::from(u16::from_be_bytes([high, low]));
                return Some((word(*w1, *w0), word(*h1, *h0)));
            }
            [l1, l0, ..] => {
                rest = segment.get(usize::from(u16::from_be_bytes([*l1, *l0])).max(2)..)?;
            }
            _ => return None,
        }
    }
}
