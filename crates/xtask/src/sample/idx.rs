//! The IDX format of MNIST and Fashion-MNIST, gzipped: a big-endian header, then raw bytes.
//!
//! Source: the description on Yann LeCun's MNIST page; magic numbers 2051 (images) and 2049 (labels).

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use flate2::read::GzDecoder;

const IMAGES_MAGIC: u32 = 2051;
const LABELS_MAGIC: u32 = 2049;

/// Grey images of one size with their labels.
pub(super) struct Images {
    height: u16,
    width: u16,
    pixels: Vec<u8>,
    labels: Vec<u8>,
}

impl Images {
    /// Reads `{prefix}-images-idx3-ubyte.gz` and `{prefix}-labels-idx1-ubyte.gz`.
    pub(super) fn open(folder: &Path, prefix: &str) -> Result<Self> {
        let path = images_path(folder, prefix);
        let (sizes, pixels) = unpack::<3>(&path, IMAGES_MAGIC)?;
        let (counts, labels) = unpack::<1>(&labels_path(folder, prefix), LABELS_MAGIC)?;
        ensure!(sizes[0] == counts[0], "{} images but {} labels", sizes[0], counts[0]);
        if let Some(bad) = labels.iter().position(|&label| usize::from(label) >= 10) {
            bail!("label {} of image {bad} is not one of the ten classes", labels[bad]);
        }
        let size = |n| u16::try_from(n).with_context(|| format!("{}: too large", path.display()));
        Ok(Self { height: size(sizes[1])?, width: size(sizes[2])?, pixels, labels })
    }

    pub(super) fn len(&self) -> usize {
        self.labels.len()
    }

    /// Height and width in pixels, the same for all images.
    pub(super) fn size(&self) -> (u16, u16) {
        (self.height, self.width)
    }

    pub(super) fn label(&self, index: usize) -> u8 {
        self.labels[index]
    }

    /// Grey levels of one image, row by row.
    pub(super) fn pixels(&self, index: usize) -> &[u8] {
        let area = usize::from(self.height) * usize::from(self.width);
        &self.pixels[index * area..(index + 1) * area]
    }
}

pub(super) fn images_path(folder: &Path, prefix: &str) -> PathBuf {
    folder.join(format!("{prefix}-images-idx3-ubyte.gz"))
}

pub(super) fn labels_path(folder: &Path, prefix: &str) -> PathBuf {
    folder.join(format!("{prefix}-labels-idx1-ubyte.gz"))
}

/// The dimensions and the bytes of one file; the byte count must be their product.
fn unpack<const DIMENSIONS: usize>(
    path: &Path,
    magic: u32,
) -> Result<([usize; DIMENSIONS], Vec<u8>)> {
    let place = || format!("cannot read {}", path.display());
    let mut reader = GzDecoder::new(File::open(path).with_context(|| {
        format!("{} (Debian has these files as dataset-fashion-mnist)", place())
    })?);
    let found = word(&mut reader).with_context(place)?;
    ensure!(found == magic, "{}: magic number {found}, expected {magic}", path.display());
    let mut sizes = [0; DIMENSIONS];
    for size in &mut sizes {
        *size = usize::try_from(word(&mut reader).with_context(place)?)?;
    }
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).with_context(place)?;
    let expected: usize = sizes.iter().product();
    ensure!(bytes.len() == expected, "{}: {} of {expected} bytes", path.display(), bytes.len());
    Ok((sizes, bytes))
}

fn word(reader: &mut impl Read) -> std::io::Result<u32> {
    let mut bytes = [0; 4];
    reader.read_exact(&mut bytes)?;
    Ok(u32::from_be_bytes(bytes))
}
