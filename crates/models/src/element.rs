//! Floating-point numbers as files hold them.

use std::fmt;

use half::{bf16, f16};

/// The type of a tensor's values in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Element {
    /// 32 bits.
    #[default]
    F32,
    /// 16 bits with a mantissa of 11: values up to 65,504.
    F16,
    /// 16 bits with the range of `F32` and a mantissa of 8.
    Bf16,
    /// 64 bits; read, never written.
    F64,
}

impl fmt::Display for Element {
    /// As safetensors and PyTorch abbreviate it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::F64 => "f64",
        })
    }
}

impl Element {
    /// Little-endian bytes as 32-bit floats.
    pub(crate) fn widen(self, bytes: &[u8]) -> Vec<f32> {
        match self {
            Self::F32 => words(bytes, f32::from_le_bytes),
            Self::F16 => words(bytes, |word| f16::from_le_bytes(word).to_f32()),
            Self::Bf16 => words(bytes, |word| bf16::from_le_bytes(word).to_f32()),
            Self::F64 => words(bytes, |word| f64::from_le_bytes(word) as f32),
        }
    }
}

impl Element {
    /// 32-bit floats as little-endian bytes, rounded to the nearest; None for `F64`.
    pub(crate) fn narrow(self, values: &[f32]) -> Option<Vec<u8>> {
        match self {
            Self::F32 => Some(values.iter().flat_map(|value| value.to_le_bytes()).collect()),
            Self::F16 => {
                Some(values.iter().flat_map(|&value| f16::from_f32(value).to_le_bytes()).collect())
            }
            Self::Bf16 => {
                Some(values.iter().flat_map(|&value| bf16::from_f32(value).to_le_bytes()).collect())
            }
            Self::F64 => None,
        }
    }

    /// Whether rounding keeps the value finite.
    pub(crate) fn holds(self, value: f32) -> bool {
        match self {
            Self::F16 => f16::from_f32(value).is_finite(),
            Self::Bf16 => bf16::from_f32(value).is_finite(),
            Self::F32 | Self::F64 => value.is_finite(),
        }
    }
}

fn words<const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    let (words, _) = bytes.as_chunks::<N>();
    words.iter().map(|&word| value(word)).collect()
}
