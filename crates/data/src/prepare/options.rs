//! What a caller may choose.

use std::path::PathBuf;

use tfrecord_codec::Compression;

use super::error::PrepareError;
use crate::OnBadImage;

/// How a data set is prepared. Everything but `threads`, `on_bad_image` and `md5` decides the bytes
/// that are written, so a folder that was begun is continued with other values of those three alone.
///
/// ```
/// use resnet_data::OnBadImage;
/// use resnet_data::prepare::{PrepareOptions, Shards};
///
/// // Smaller images in files of 100 MB, and up to ten bad images left out.
/// let options = PrepareOptions {
///     short_side: Some(512),
///     train_shards: Shards::Bytes(100_000_000),
///     validation_shards: Shards::Bytes(100_000_000),
///     on_bad_image: OnBadImage::Skip { max: 10 },
///     ..PrepareOptions::default()
/// };
/// assert_eq!(options.label_offset, 1);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PrepareOptions {
    /// The layout of the raw folder; `None` recognises it.
    pub layout: Option<RawLayout>,
    /// Key of the order of the training images. Validation images stay in the order of their names.
    pub seed: u64,
    /// Into how many shards the training images go.
    pub train_shards: Shards,
    /// Into how many shards the validation images go.
    pub validation_shards: Shards,
    /// Label of the first class: 1 as `imagenet_to_gcs.py` writes them, or 0.
    pub label_offset: u32,
    /// Images whose shorter side is longer than this are stored smaller.
    pub short_side: Option<u32>,
    /// JPEG quality, 1 to 100, of images that `short_side` makes smaller.
    pub quality: u8,
    /// Compression of whole shards. It leaves them without random access, which this crate's
    /// [`ImageRecords`](crate::ImageRecords) needs.
    pub compression: Compression,
    /// Folder of XML annotations whose bounding boxes are stored.
    pub boxes: Option<PathBuf>,
    /// Check every image, to find those that do not decode, and measure mean and standard deviation.
    /// Otherwise only headers are read.
    pub verify: bool,
    /// With `verify`: of about so many images of each split, spread evenly over the classes, pixels are
    /// measured, and of all if there are fewer. Of the others only the codes are checked, which costs less.
    pub measure: usize,
    /// Compare the archives with the published MD5 sums first.
    pub md5: bool,
    /// What happens at an image that is unreadable or does not decode.
    pub on_bad_image: OnBadImage,
    /// Shards that are made at a time.
    pub threads: usize,
}

/// A layout in which ImageNet, or pictures like it, lie on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RawLayout {
    /// `ILSVRC2012_img_train.tar` and `ILSVRC2012_img_val.tar`, as downloaded.
    Tars,
    /// `train/CLASS/` and a flat `validation/`, as `imagenet_to_gcs.py` wants them.
    Reference,
    /// `Data/CLS-LOC/train` and `val`, as Kaggle packs them.
    Kaggle,
    /// `train/CLASS/` and `val/CLASS/`, torchvision's `ImageFolder` for each split.
    #[serde(rename = "image-folder")]
    SplitFolders,
}

/// How many shards a split gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shards {
    /// This many.
    Count(usize),
    /// As many as make this many bytes each, by the size of the raw images.
    Bytes(u64),
}

impl Default for PrepareOptions {
    /// As the reference: 1024 and 128 shards, labels from 1, images as they are; every image is
    /// checked, a bad one is an error; one thread per core.
    fn default() -> Self {
        Self {
            layout: None,
            seed: 0,
            train_shards: Shards::Count(1024),
            validation_shards: Shards::Count(128),
            label_offset: 1,
            short_side: None,
            quality: 90,
            compression: Compression::None,
            boxes: None,
            verify: true,
            measure: 50_000,
            md5: false,
            on_bad_image: OnBadImage::Fail,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

impl PrepareOptions {
    /// Checks that every option is in its range.
    pub(super) fn check(&self) -> Result<(), PrepareError> {
        let short_side = self.short_side.unwrap_or(64);
        require((1..=1024).contains(&self.threads), "threads", "from 1 to 1024", &self.threads)?;
        require(self.label_offset <= 1, "label_offset", "0 or 1", &self.label_offset)?;
        require((1..=100).contains(&self.quality), "quality", "from 1 to 100", &self.quality)?;
        require((16..=65_535).contains(&short_side), "short_side", "from 16 to 65535", &short_side)
    }
}

impl Shards {
    /// The number of shards for `images` images of `bytes` bytes, which are asked for if needed.
    pub(super) fn count(
        self,
        option: &'static str,
        images: usize,
        bytes: impl FnOnce() -> Result<u64, PrepareError>,
    ) -> Result<usize, PrepareError> {
        // File names have five digits.
        let most = images.min(99_999);
        match self {
            Self::Count(count) if (1..=most).contains(&count) => Ok(count),
            Self::Count(count) => Err(PrepareError::Option {
                option,
                allowed: format!("from 1 to {most}, for {images} images"),
                given: count.to_string(),
            }),
            Self::Bytes(target) => {
                let count = bytes()?.div_ceil(target.max(1));
                Ok(usize::try_from(count).unwrap_or(most).clamp(1, most))
            }
        }
    }
}

fn require(
    holds: bool,
    option: &'static str,
    allowed: &str,
    given: &impl ToString,
) -> Result<(), PrepareError> {
    if holds {
        return Ok(());
    }
    Err(PrepareError::Option { option, allowed: allowed.to_owned(), given: given.to_string() })
}
