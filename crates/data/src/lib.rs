//! An ImageNet input pipeline without a framework: TFRecord shards in, reproducible batches out.
//!
//! * A [`Dataset`] is what lies on disk, whatever its layout: shards, folders, tar files, a list. It
//!   knows classes and splits, and gives a source for each split.
//! * A [`Source`] is a set of labelled images with random access: [`ImageRecords`] for TFRecord
//!   shards in the ImageNet schema, [`ImageFiles`] for folders and lists of image files,
//!   [`SyntheticImages`] for tests without data.
//! * A [`Transform`] says what happens to each image, with torchvision's parameters and rounding.
//! * A [`Loader`] reads, decodes and transforms on its own threads and hands out [`Batch`]es of 8- or 16-bit
//!   pixels in NHWC order.
//! * [`inspect`] looks at every image of a data set and says what is wrong with it.
//! * [`prepare`] makes such shards from ImageNet's archives, or from folders of pictures.
//!
//! What always holds:
//!
//! * The order of samples and every random draw are functions of (seed, epoch, sample), never of
//!   thread timing or the number of workers. An epoch can be resumed at any batch.
//! * A batch knows no device: normalisation and conversion to floats belong there.
//! * Bad input is an error that names the place and the remedy, or a counted and named skip.
//! * Nothing is printed, no environment variable is read.
//!
//! ```no_run
//! use std::{path::Path, sync::Arc};
//! use resnet_data::{ImageRecords, LabelRange, Loader, LoaderOptions, Split, Transform};
//!
//! let labels = LabelRange::imagenet(1000);
//! let source = ImageRecords::open(Path::new("imagenet"), Split::Train, labels)?;
//! let options = LoaderOptions::train(256, 42, Transform::imagenet_train(224));
//! for batch in Loader::new(Arc::new(source), options)?.epoch(0, 0) {
//!     let batch = batch?;
//!     println!("batch {}: labels {:?}", batch.index, batch.labels);
//! }
//! # Ok::<(), resnet_data::DataError>(())
//! ```

mod archive;
mod batch;
mod batches;
mod collector;
pub mod contact_sheet;
mod contrast;
mod dataset;
mod decode;
mod error;
mod image_files;
pub mod inspect;
mod joined;
mod labels;
mod level;
mod levels;
mod lines;
mod loader;
mod numbering;
mod open_files;
mod options;
mod pixels;
pub mod prepare;
mod random;
mod records;
mod sampler;
mod shard_name;
mod shards;
mod source;
mod split_name;
mod state;
mod stats;
pub mod stratify;
mod subset;
mod synthetic;
mod transform;
mod worker;

pub use batch::{BadImage, Batch};
pub use batches::Batches;
pub use contrast::Contrast;
pub use dataset::{Dataset, DatasetError, DatasetOptions, GroupBy, Layout, LeftOut, lies_in};
pub use decode::{
    AnyImage, Bmp, DecodeError, Decoder, ExifOrientation, Jpeg, PickRegion, Png, RgbImage, Tiff,
};
#[cfg(feature = "dicom")]
pub use decode::{Dicom, DicomOptions, Frame, Window};
pub use error::DataError;
pub use image_files::{ImageFiles, ImageFilesError};
pub use joined::Joined;
pub use labels::LabelPolicy;
pub use level::Level;
pub use loader::Loader;
pub use options::{LastBatch, LoaderOptions, OnBadImage, Rank, Sampling};
pub use pixels::{Channels, Depth, PixelFormat, Pixels};
pub use random::SampleRng;
pub use records::{ImageRecords, LabelRange};
pub use shards::Split;
pub use source::{Picture, Sample, Source};
pub use state::LoaderState;
pub use stats::{LoaderStage, LoaderStats, Observer};
pub use subset::Subset;
pub use synthetic::SyntheticImages;
pub use transform::{
    Augment, Crop, Interpolation, PixelOp, PixelSampling, Region, Resizer, Scratch, Transform,
    Views, distorted_box, random_resized_crop, shorter_side_to,
};
