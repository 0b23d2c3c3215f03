//! Weights that somebody published, by name.

use crate::error::UnknownName;

/// `name, address, image size, shorter side before the crop, interpolation, licence`, written by
/// `table.py`.
const TABLE: &str = include_str!("table.tsv");

/// Weights that somebody published: trained on ImageNet's 1000 classes, for images that are normalised
/// with [`MEAN`](Self::MEAN) and [`STD`](Self::STD).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// The network and, after a point, the training, as timm writes it: `resnet50.a1_in1k`; torchvision's
    /// are `resnet50.tv_v1` and `resnet50.tv_v2`.
    pub name: &'static str,
    /// Where the file is.
    pub url: &'static str,
    /// Height and width of the images, in pixels, at which its publisher measured it.
    pub image_size: usize,
    /// Length in pixels to which the shorter side is resized before that crop.
    pub resize: usize,
    /// How it is resized.
    pub interpolation: Interpolation,
    /// Under which licence the weights are.
    pub licence: &'static str,
}

/// How images are resized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interpolation {
    /// Linear between neighbours.
    Bilinear,
    /// Cubic.
    Bicubic,
}

impl Published {
    /// Mean of red, green and blue, of values from 0 to 1, that is subtracted.
    pub const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
    /// What the differences are divided by.
    pub const STD: [f32; 3] = [0.229, 0.224, 0.225];
    /// Length of the logits.
    pub const NUM_CLASSES: usize = 1000;

    /// The network, as `resnet_models::by_name` calls it.
    #[must_use]
    pub fn architecture(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(architecture, _)| architecture)
    }

    /// The name of the file.
    #[must_use]
    pub fn file_name(&self) -> &'static str {
        self.url.rsplit_once('/').map_or(self.url, |(_, name)| name)
    }

    /// The first digits of the file's SHA-256, as its name carries them.
    #[must_use]
    pub fn sha256(&self) -> &'static str {
        crate::hash::in_name(self.file_name()).unwrap_or_default()
    }

    fn read(line: &'static str) -> Option<Self> {
        let mut fields = line.split('\t');
        Some(Self {
            name: fields.next()?,
            url: fields.next()?,
            image_size: fields.next()?.parse().ok()?,
            resize: fields.next()?.parse().ok()?,
            interpolation: match fields.next()? {
                "bilinear" => Interpolation::Bilinear,
                "bicubic" => Interpolation::Bicubic,
                _ => return None,
            },
            licence: fields.next()?,
        })
    }
}

/// All of them; of one network the one that its name alone means comes first.
///
/// ```
/// assert!(resnet_pretrained::published().any(|weights| weights.architecture() == "seresnet50"));
/// ```
pub fn published() -> impl Iterator<Item = Published> {
    TABLE.lines().filter_map(Published::read)
}

/// The weights `name`; the name of a network alone means torchvision's newest, or timm's first where
/// torchvision has none.
///
/// ```
/// # fn main() -> Result<(), resnet_pretrained::UnknownName> {
/// let weights = resnet_pretrained::by_name("resnet50")?;
/// assert_eq!(weights.name, "resnet50.tv_v2");
/// assert_eq!(weights.sha256(), "11ad3fa6");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`UnknownName`] with the nearest ones.
pub fn by_name(name: &str) -> Result<Published, UnknownName> {
    let exact = published().find(|weights| weights.name == name);
    let found = exact.or_else(|| published().find(|weights| weights.architecture() == name));
    found.ok_or_else(|| UnknownName::new(name, published()))
}
