//! What a file may ask for.

use crate::error::{Error, Result};

/// What a file may ask for; more is an [`Error`] before memory is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Pixels of the picture. Decoding takes up to 4 bytes of memory for each pixel and component, 2 of
    /// them only where the file comes in several scans, and 3 bytes for the result.
    ///
    /// The default is 89,478,485, as in Pillow: 256 MiB of RGB.
    pub max_pixels: usize,
    /// Scans of a progressive file. Encoders write about 10; each one costs a walk over the picture.
    ///
    /// The default is 500.
    pub max_scans: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_pixels: 89_478_485, max_scans: 500 }
    }
}

impl Limits {
    /// Checks a picture of `width` x `height` pixels in `blocks` blocks of 8x8 samples against the limit,
    /// and against the `bytes` of the file: a block takes one bit at least.
    pub(crate) fn check(
        &self,
        (width, height): (usize, usize),
        blocks: usize,
        bytes: usize,
    ) -> Result<()> {
        if width * height > self.max_pixels {
            return Err(Error::TooLarge { width, height, limit: self.max_pixels });
        }
        if blocks > bytes * 8 {
            return Err(Error::TooShort { bytes, width, height });
        }
        Ok(())
    }
}
