//! The form of pixels in a batch, and the pixels themselves.

use serde::{Deserialize, Serialize};

use crate::level::{Level, luma};

/// The form in which a loader hands out pixels, whatever form the images are stored in.
///
/// The default is 8-bit RGB. Images of 16 bits become 8-bit ones by their upper 8 bits, those of 8 bits
/// become 16-bit ones times 257, so that white stays white; of colour, a grey batch has the luma.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PixelFormat {
    /// Levels of a pixel.
    pub channels: Channels,
    /// Bits of a level.
    pub depth: Depth,
}

/// The levels of a pixel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channels {
    /// One.
    Grey,
    /// Red, green and blue.
    #[default]
    Rgb,
}

/// The bits of a level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Depth {
    /// 256 levels.
    #[default]
    Eight,
    /// 65,536 levels.
    Sixteen,
}

impl Channels {
    /// Their number: 1 or 3.
    #[must_use]
    pub fn count(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb => 3,
        }
    }
}

impl Depth {
    /// Their number: 8 or 16.
    #[must_use]
    pub fn bits(self) -> u32 {
        match self {
            Self::Eight => u8::BITS,
            Self::Sixteen => u16::BITS,
        }
    }
}

/// Levels of 8 or 16 bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pixels {
    /// From 0 to 255.
    Eight(Vec<u8>),
    /// From 0 to 65,535.
    Sixteen(Vec<u16>),
}

impl Default for Pixels {
    fn default() -> Self {
        Self::Eight(Vec::new())
    }
}

impl From<Vec<u8>> for Pixels {
    fn from(levels: Vec<u8>) -> Self {
        Self::Eight(levels)
    }
}

impl FromIterator<u8> for Pixels {
    fn from_iter<I: IntoIterator<Item = u8>>(levels: I) -> Self {
        Self::Eight(levels.into_iter().collect())
    }
}

impl Pixels {
    /// Number of levels.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Eight(levels) => levels.len(),
            Self::Sixteen(levels) => levels.len(),
        }
    }

    /// Whether there is no level.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bits of a level.
    #[must_use]
    pub fn depth(&self) -> Depth {
        match self {
            Self::Eight(_) => Depth::Eight,
            Self::Sixteen(_) => Depth::Sixteen,
        }
    }

    /// The levels, if they have 8 bits.
    #[must_use]
    pub fn as_eight(&self) -> Option<&[u8]> {
        match self {
            Self::Eight(levels) => Some(levels),
            Self::Sixteen(_) => None,
        }
    }

    /// The levels, if they have 16 bits.
    #[must_use]
    pub fn as_sixteen(&self) -> Option<&[u16]> {
        match self {
            Self::Eight(_) => None,
            Self::Sixteen(levels) => Some(levels),
        }
    }

    /// So many levels of this depth, in this memory if it has that depth.
    pub(crate) fn resized(self, depth: Depth, len: usize) -> Self {
        match (self, depth) {
            (Self::Eight(mut levels), Depth::Eight) => {
                levels.resize(len, 0);
                Self::Eight(levels)
            }
            (Self::Sixteen(mut levels), Depth::Sixteen) => {
                levels.resize(len, 0);
                Self::Sixteen(levels)
            }
            (_, Depth::Eight) => Self::Eight(vec![0; len]),
            (_, Depth::Sixteen) => Self::Sixteen(vec![0; len]),
        }
    }

    pub(crate) fn blacken(&mut self) {
        match self {
            Self::Eight(levels) => levels.fill(0),
            Self::Sixteen(levels) => levels.fill(0),
        }
    }

    /// Copies levels to another place.
    pub(crate) fn copy_within(&mut self, from: std::ops::Range<usize>, to: usize) {
        match self {
            Self::Eight(levels) => levels.copy_within(from, to),
            Self::Sixteen(levels) => levels.copy_within(from, to),
        }
    }

    /// Some of the levels.
    pub(crate) fn part(&self, range: std::ops::Range<usize>) -> Self {
        match self {
            Self::Eight(levels) => Self::Eight(levels[range].to_vec()),
            Self::Sixteen(levels) => Self::Sixteen(levels[range].to_vec()),
        }
    }

    /// Puts RGB pixels of the same depth behind the first `start` levels, as so many channels.
    pub(crate) fn place(&mut self, start: usize, rgb: &Self, channels: Channels) {
        match (self, rgb) {
            (Self::Eight(levels), Self::Eight(rgb)) => place(&mut levels[start..], rgb, channels),
            (Self::Sixteen(levels), Self::Sixteen(rgb)) => {
                place(&mut levels[start..], rgb, channels);
            }
            _ => unreachable!("a loader has one depth"),
        }
    }
}

fn place<L: Level>(levels: &mut [L], rgb: &[L], channels: Channels) {
    match channels {
        Channels::Rgb => levels[..rgb.len()].copy_from_slice(rgb),
        Channels::Grey => {
            // The luma of grey is that level itself.
            let (colours, _) = rgb.as_chunks::<3>();
            levels.iter_mut().zip(colours).for_each(|(level, &colour)| *level = luma(colour));
        }
    }
}
