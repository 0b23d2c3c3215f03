//! How finely brightness is divided: 256 or 65,536 levels.

use std::fmt::Debug;

/// A level of red, green or blue, from 0 to [`MAX`](Self::MAX): `u8`, or `u16` for images of more than
/// 8 bits. Transforms do the same to both; what is given in 8-bit levels, such as a fill colour, is
/// scaled by 257.
pub trait Level: sealed::Arithmetic {
    /// The brightest level.
    const MAX: Self;
    /// Bits of a level.
    const BITS: u32;
}

impl Level for u8 {
    const MAX: Self = Self::MAX;
    const BITS: u32 = Self::BITS;
}

impl Level for u16 {
    const MAX: Self = Self::MAX;
    const BITS: u32 = Self::BITS;
}

/// From 8 to 16 bits: 0 stays 0 and 255 becomes 65,535.
pub(crate) const WIDEN: u16 = 257;

/// Luma as Pillow's conversion to mode `L` computes it. 16 bits just fit.
pub(crate) fn luma<L: Level>(colour: [L; 3]) -> L {
    let [r, g, b]: [u32; 3] = colour.map(Into::into);
    L::of(((r * 19_595 + g * 38_470 + b * 7_471 + 0x8000) >> 16) as usize)
}

pub(crate) use sealed::Arithmetic;

mod sealed {
    use super::{Debug, WIDEN};

    /// What transforms need of a level.
    pub trait Arithmetic:
        bytemuck::Pod + Ord + Default + Debug + Send + Sync + Into<u32> + Into<f32> + Into<f64>
    {
        /// A number for each level.
        type PerLevel: AsRef<[usize]> + AsMut<[usize]>;

        /// 0 for each level.
        fn per_level() -> Self::PerLevel;
        /// The level that 8 bits call `level`.
        fn of_8_bits(level: u8) -> Self;
        /// Of a number that fits.
        fn of(number: usize) -> Self;
        /// Truncated; what lies outside of the range becomes its end.
        fn truncated(number: f64) -> Self;
        /// As [`truncated`](Self::truncated), in single precision.
        fn truncated_f32(number: f32) -> Self;
        /// The sum without its carry.
        fn wrapping_add(self, other: Self) -> Self;
        /// Replaces every level by another that depends on it alone.
        fn replace(levels: &mut [Self], by: impl Fn(Self) -> Self);
        /// Makes levels of 8-bit ones, which hold anything afterwards.
        fn take_bytes(bytes: &mut Vec<u8>, levels: &mut Vec<Self>);
        /// The level that 16 bits call `level`.
        fn of_16_bits(level: u16) -> Self;
    }

    impl Arithmetic for u8 {
        type PerLevel = [usize; 256];

        fn per_level() -> Self::PerLevel {
            [0; 256]
        }
        fn of_8_bits(level: u8) -> Self {
            level
        }
        fn of(number: usize) -> Self {
            number as Self
        }
        fn truncated(number: f64) -> Self {
            number as Self
        }
        fn truncated_f32(number: f32) -> Self {
            number as Self
        }
        fn wrapping_add(self, other: Self) -> Self {
            self.wrapping_add(other)
        }
        fn replace(levels: &mut [Self], by: impl Fn(Self) -> Self) {
            let table: [Self; 256] = std::array::from_fn(|level| by(level as Self));
            levels.iter_mut().for_each(|level| *level = table[usize::from(*level)]);
        }
        fn take_bytes(bytes: &mut Vec<u8>, levels: &mut Vec<Self>) {
            std::mem::swap(bytes, levels);
        }
        fn of_16_bits(level: u16) -> Self {
            (level >> 8) as Self
        }
    }

    impl Arithmetic for u16 {
        type PerLevel = Vec<usize>;

        fn per_level() -> Self::PerLevel {
            vec![0; 1 << 16]
        }
        fn of_8_bits(level: u8) -> Self {
            Self::from(level) * WIDEN
        }
        fn of(number: usize) -> Self {
            number as Self
        }
        fn truncated(number: f64) -> Self {
            number as Self
        }
        fn truncated_f32(number: f32) -> Self {
            number as Self
        }
        fn wrapping_add(self, other: Self) -> Self {
            self.wrapping_add(other)
        }
        fn replace(levels: &mut [Self], by: impl Fn(Self) -> Self) {
            // There are hardly more pixels than levels: a table would not pay.
            levels.iter_mut().for_each(|level| *level = by(*level));
        }
        fn take_bytes(bytes: &mut Vec<u8>, levels: &mut Vec<Self>) {
            levels.clear();
            levels.extend(bytes.iter().map(|&level| Self::of_8_bits(level)));
        }
        fn of_16_bits(level: u16) -> Self {
            level
        }
    }
}
