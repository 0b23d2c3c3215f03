//! Where images come from.

use std::ops::Range;
use std::path::PathBuf;

use crate::decode::{DecodeError, DecodedLevel, Decoder, PickRegion, RgbImage};
use crate::error::DataError;
use crate::pixels::PixelFormat;

/// A set of labelled images with random access, shared by the loader's threads.
///
/// [`ImageRecords`](crate::ImageRecords) reads TFRecord shards, [`ImageFiles`](crate::ImageFiles) images that
/// lie as files, [`Dataset`](crate::Dataset) has those of every layout, and
/// [`SyntheticImages`](crate::SyntheticImages) makes images up; a program can bring its own.
pub trait Source: Send + Sync {
    /// Number of images.
    fn len(&self) -> usize;

    /// Whether there is no image at all.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads image `index` (below [`len`](Self::len)) into `record`, replacing its content, and says
    /// where in `record` the image lies: decoding borrows from there, nothing is copied.
    ///
    /// # Errors
    ///
    /// Whatever keeps the record from being read or understood. A picture that is there but does not
    /// decode is found later, by the decoder.
    fn read(&self, index: usize, record: &mut Vec<u8>) -> Result<Sample, DataError>;

    /// The class of image `index`, counted from 0. Reads the image, unless a source knows better, as
    /// [`ImageRecords`](crate::ImageRecords) does of those it has read:
    /// [`Sampling::ClassBalanced`](crate::Sampling::ClassBalanced) asks for the class of every image.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    fn label(&self, index: usize) -> Result<u32, DataError> {
        Ok(self.read(index, &mut Vec::new())?.label)
    }

    /// Whether [`label`](Self::label) answers at once, without reading the image.
    fn knows_labels(&self) -> bool {
        false
    }

    /// Where image `index` is stored, for messages: shard and record number, or a file.
    fn place(&self, index: usize) -> String;

    /// What image `index` shares with others that must stay in the same split, such as the patient;
    /// `None` where nothing is known.
    fn group(&self, _index: usize) -> Option<&str> {
        None
    }

    /// What a manifest says of image `index` in the column `name`, such as the hospital or the sex of
    /// the patient; `None` where nothing is said or the column was not asked for
    /// ([`DatasetOptions::columns`](crate::DatasetOptions::columns)).
    fn column(&self, _index: usize, _name: &str) -> Option<&str> {
        None
    }

    /// How often image `index` should be drawn in training, against a weight of 1 for others; finite
    /// and not negative.
    fn weight(&self, _index: usize) -> f32 {
        1.0
    }

    /// The file that holds image `index` and nothing else; `None` where images share files.
    fn file(&self, _index: usize) -> Option<PathBuf> {
        None
    }

    /// The source in a few words, for messages and logs.
    fn describe(&self) -> String;
}

/// What [`Source::read`] found in a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Class, counted from 0.
    pub label: u32,
    /// The picture.
    pub picture: Picture,
    /// The image's own file name within the record (UTF-8); empty if it has none.
    pub filename: Range<usize>,
}

/// The form in which a record holds its picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Picture {
    /// These bytes of the record are an encoded image.
    Encoded(Range<usize>),
    /// The record is `height * width * 3` bytes of RGB, row by row.
    Rgb {
        /// Rows.
        height: usize,
        /// Pixels in a row.
        width: usize,
    },
}

impl Picture {
    /// Brings the picture of `record` to `image`. Memory goes from one to the other: `record` holds
    /// anything afterwards.
    pub(crate) fn decode<L: DecodedLevel>(
        &self,
        decoder: &dyn Decoder,
        record: &mut Vec<u8>,
        image: &mut RgbImage<L>,
    ) -> Result<(), DecodeError> {
        match self {
            Self::Encoded(range) => L::decode(decoder, &record[range.clone()], image),
            &Self::Rgb { height, width } => {
                L::take_bytes(record, &mut image.pixels);
                (image.height, image.width) = (height, width);
                Ok(())
            }
        }
    }

    /// As [`decode`](Self::decode), but only the region that `pick` wants.
    pub(crate) fn decode_region<L: DecodedLevel>(
        &self,
        decoder: &dyn Decoder,
        record: &mut Vec<u8>,
        pick: &mut PickRegion<'_>,
        image: &mut RgbImage<L>,
    ) -> Result<(), DecodeError> {
        match self {
            Self::Encoded(range) => L::decode_region(decoder, &record[range.clone()], pick, image),
            Self::Rgb { .. } => {
                self.decode(decoder, record, image)?;
                image.keep(pick);
                Ok(())
            }
        }
    }
}

impl PixelFormat {
    /// The form that keeps all of up to `count` images at equal distances, as their headers tell: 16 bits
    /// if one has so many, grey if all are stored in grey. An image whose header is damaged does not count.
    ///
    /// # Errors
    ///
    /// If one of these images cannot be read.
    pub fn of_images(
        source: &dyn Source,
        decoder: &dyn Decoder,
        count: usize,
    ) -> Result<Self, DataError> {
        let (len, mut record) = (source.len(), Vec::new());
        let count = count.min(len);
        let mut found = Vec::new();
        for probe in 0..count {
            match source.read(probe * len / count, &mut record)?.picture {
                Picture::Encoded(range) => found.extend(decoder.stored_format(&record[range]).ok()),
                Picture::Rgb { .. } => found.push(Self::default()),
            }
        }
        Ok(Self {
            channels: found.iter().map(|format| format.channels).max().unwrap_or_default(),
            depth: found.iter().map(|format| format.depth).max().unwrap_or_default(),
        })
    }
}
