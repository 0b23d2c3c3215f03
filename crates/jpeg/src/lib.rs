//! A JPEG decoder for training pictures.
//!
//! * The pixels are those of libjpeg-turbo, and so of Pillow, torchvision and OpenCV, **bit by bit**: a
//!   network sees in training and use what it would see in Python.
//! * [`Decoder::decode_region`] computes only the part that a random crop needs: its pixels are those of
//!   the whole picture.
//! * [`Decoder::check`] finds damage without computing pixels.
//! * Memory is reused from picture to picture, and no file makes it panic or take more of it than
//!   [`Limits`] allow. There is no `unsafe`.
//!
//! Baseline, extended and progressive JPEG of 8 bits with Huffman coding are read: grey, YCbCr, RGB, CMYK
//! and YCCK with sampling factors that divide each other. Other kinds, and damaged files, are an [`Error`]
//! that says what to do.
//!
//! ```no_run
//! use resnet_jpeg::{Decoder, Region};
//!
//! let encoded = std::fs::read("photograph.jpg")?;
//! let (mut decoder, mut pixels) = (Decoder::default(), Vec::new());
//! let info = decoder.info(&encoded)?;
//! let half = Region { top: 0, left: 0, height: info.height.div_ceil(2), width: info.width };
//! decoder.decode_region(&encoded, half, &mut pixels)?;
//! assert_eq!(pixels.len(), half.height * half.width * 3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ExamplesOfTheReadme;

mod bits;
mod coefficients;
mod colour;
mod compressed;
mod decoder;
mod error;
mod frame;
mod header;
mod huffman;
mod idct;
mod leaps;
mod limits;
mod lookahead;
mod markers;
mod memory;
mod passing;
mod planes;
mod progressive;
mod region;
mod scan;
mod sequential;
mod standard_tables;
mod tables;
mod upsample;
mod wide;

pub use decoder::Decoder;
pub use error::{Error, Place, Result};
pub use header::{ColourModel, ImageInfo};
pub use limits::Limits;
pub use region::Region;
