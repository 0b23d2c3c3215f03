//! A picture of what a transform makes of images: an original in each row, and what training or
//! evaluation sees of it.

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};

use crate::batch::Batch;
use crate::contrast::{Contrast, shown};
use crate::decode::{Decoder, RgbImage};
use crate::error::DataError;
use crate::pixels::Depth;
use crate::random::SampleRng;
use crate::source::Source;
use crate::transform::{Region, Resizer, Transform};

/// White pixels between two cells.
const GAP: usize = 2;

/// What is drawn beside each original.
#[derive(Clone, Debug)]
pub struct ContactSheet<'a> {
    /// What is done to the images.
    pub transform: &'a Transform,
    /// Seed of the transform's draws.
    pub seed: u64,
    /// How many versions there are of an image: those of the epochs 0, 1 and so on.
    pub versions: usize,
}

impl ContactSheet<'_> {
    /// A row for each of these images of `source`: first the whole image, made to fit, then its
    /// versions, pixel by pixel as the [`Loader`](crate::Loader) makes them with this seed. Images of 16 bits
    /// are [stretched](Contrast::Stretched) to 8 before.
    ///
    /// # Errors
    ///
    /// If an image cannot be read, does not decode or cannot be transformed.
    pub fn draw(
        &self,
        source: &dyn Source,
        images: &[usize],
        decoder: &dyn Decoder,
    ) -> Result<RgbImage, DataError> {
        let row = |&index: &usize| {
            let failed = |reason| DataError::Image { name: source.place(index), reason };
            let original = shown(source, index, decoder)?;
            let whole = fitted(&original, self.transform.size).map_err(failed)?;
            let versions =
                (0..self.versions).map(|version| self.version(&original, index, version));
            let cells = std::iter::once(Ok(whole)).chain(versions);
            cells.collect::<Result<Vec<_>, _>>().map_err(failed)
        };
        let rows: Vec<Vec<RgbImage>> = images.iter().map(row).collect::<Result<_, _>>()?;
        Ok(sheet(&rows))
    }

    fn version(&self, image: &RgbImage, index: usize, version: usize) -> Result<RgbImage, String> {
        let mut cell = white(self.transform.size, self.transform.size);
        let mut rng = SampleRng::for_sample(self.seed, version as u64, index as u64);
        self.transform.apply(image, &mut rng, &mut Default::default(), &mut cell.pixels)?;
        Ok(cell)
    }
}

/// Rows of images beside each other, each in the middle of a cell that is as large as the largest of
/// them.
#[must_use]
pub fn sheet(rows: &[Vec<RgbImage>]) -> RgbImage {
    let images = || rows.iter().flatten();
    let size = images().map(|image| image.height.max(image.width)).max().unwrap_or(0);
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut sheet = white(extent(size, rows.len()), extent(size, columns));
    for (row, cells) in rows.iter().enumerate() {
        for (column, image) in cells.iter().enumerate() {
            paste(&mut sheet, image, (row, column), size);
        }
    }
    sheet
}

/// The whole image `index` of `source`, as large as a square of `size` pixels allows; of 16 bits, in the
/// [contrast](Contrast::of) that is for a person's eyes.
///
/// # Errors
///
/// If it cannot be read, does not decode or cannot be resized.
pub fn thumbnail(
    source: &dyn Source,
    index: usize,
    size: usize,
    decoder: &dyn Decoder,
) -> Result<RgbImage, DataError> {
    let failed = |reason| DataError::Image { name: source.place(index), reason };
    fitted(&shown(source, index, decoder)?, size).map_err(failed)
}

/// The first images of a batch, as the network gets them but for normalisation: at most `most`, in rows of
/// equal length. Those of 16 bits are [stretched](Contrast::Stretched) alike, so that the brighter of two
/// stays the brighter.
#[must_use]
pub fn of_batch(batch: &Batch, most: usize) -> RgbImage {
    let contrast = match batch.images.depth() {
        Depth::Eight => Contrast::AsStored,
        Depth::Sixteen => Contrast::Stretched,
    };
    let images = images(batch, most, contrast);
    let columns = (1..).find(|columns| columns * columns >= images.len()).unwrap_or(1);
    let rows: Vec<Vec<RgbImage>> = images.chunks(columns).map(<[_]>::to_vec).collect();
    sheet(&rows)
}

/// The first images of a batch, at most `most`, each by itself.
#[must_use]
pub fn images(batch: &Batch, most: usize, contrast: Contrast) -> Vec<RgbImage> {
    let (height, width, channels) = (batch.height, batch.width, batch.channels.count());
    let len = (height * width * channels).max(1);
    let shown = batch.images.part(0..batch.images.len().min(most * len));
    let image = |levels: &[u8]| RgbImage {
        height,
        width,
        pixels: levels.chunks(channels).flat_map(in_colour).collect(),
    };
    contrast.levels(&shown).chunks_exact(len).map(image).collect()
}

/// Grey has one level for all three.
fn in_colour(pixel: &[u8]) -> [u8; 3] {
    match *pixel {
        [red, green, blue] => [red, green, blue],
        _ => [pixel.first().copied().unwrap_or(0); 3],
    }
}

/// `count` images out of `len`, spread over all of them and drawn by `seed`; all, if there are no
/// more.
pub fn choose(len: usize, count: usize, seed: u64) -> Vec<usize> {
    let count = count.min(len);
    let mut rng = SampleRng::for_sample(seed, 0, 0);
    let start = |part: usize| part * len / count;
    let mut draw = |part| {
        let room = start(part + 1) - start(part);
        start(part) + usize::try_from(rng.below(room as u64)).unwrap_or(0)
    };
    (0..count).map(&mut draw).collect()
}

/// An image as a PNG file.
///
/// # Errors
///
/// If the image has no pixels, or more in a row than PNG can hold.
pub fn png(image: &RgbImage) -> Result<Vec<u8>, DataError> {
    let mut file = Vec::new();
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    PngEncoder::new(&mut file)
        .write_image(&image.pixels, side(image.width), side(image.height), ExtendedColorType::Rgb8)
        .map_err(|error| DataError::Image {
            name: "the PNG file to write".to_owned(),
            reason: error.to_string(),
        })?;
    Ok(file)
}

/// The whole image, as large as `size` allows.
fn fitted(image: &RgbImage, size: usize) -> Result<RgbImage, String> {
    let longer = image.height.max(image.width).max(1);
    let scaled = |side: usize| (side * size / longer).max(1);
    let mut fitted = white(scaled(image.height), scaled(image.width));
    let whole = Region { top: 0, left: 0, height: image.height, width: image.width };
    let (height, width) = (fitted.height, fitted.width);
    Resizer::default().resize(image, whole, height, width, &mut fitted.pixels)?;
    Ok(fitted)
}

/// Pixels of `cells` cells beside each other, with a gap around each.
fn extent(size: usize, cells: usize) -> usize {
    GAP + cells * (size + GAP)
}

fn white(height: usize, width: usize) -> RgbImage {
    RgbImage { height, width, pixels: vec![255; height * width * 3] }
}

/// Puts an image into the middle of a cell.
fn paste(sheet: &mut RgbImage, image: &RgbImage, (row, column): (usize, usize), size: usize) {
    let top = extent(size, row) + (size - image.height) / 2;
    let left = extent(size, column) + (size - image.width) / 2;
    let lines = image.pixels.chunks_exact(3 * image.width);
    for (line, pixels) in lines.enumerate() {
        let start = 3 * ((top + line) * sheet.width + left);
        sheet.pixels[start..start + pixels.len()].copy_from_slice(pixels);
    }
}
