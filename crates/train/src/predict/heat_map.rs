//! Which parts of an image speak for a class.

use std::path::Path;
use std::sync::Arc;

use burn::tensor::{Int, Tensor, TensorData};
use resnet_data::{Contrast, DataError, ImageFiles, RgbImage, Source, contact_sheet};
use resnet_recipe::ValidationViews;

use super::Predictor;
use crate::TrainError;
use crate::pixels::decoder;

/// Share of the colour in a picture with its heat map.
const COLOUR: f32 = 0.5;

/// How much each pixel speaks for a class, by Grad-CAM
/// ([Selvaraju et al. 2016](https://arxiv.org/abs/1610.02391)) at the last stage.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatMap {
    /// Rows.
    pub height: usize,
    /// Pixels in a row.
    pub width: usize,
    /// Row by row, 0 to 1; 1 is the hottest pixel of this image. All 0 if nothing speaks for the class.
    pub values: Vec<f32>,
}

/// An image cut as the network sees it, and what spoke for a class.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// The class that is explained.
    pub class: usize,
    /// The image after the validation transform; of 16 bits, in the [contrast](Contrast::of) that is for a
    /// person's eyes.
    pub image: RgbImage,
    /// As large as the image.
    pub heat: HeatMap,
}

impl HeatMap {
    /// A map of `[rows, columns]` (row by row, not negative) made `height` × `width` pixels by bilinear
    /// interpolation as PyTorch's `interpolate(align_corners=False)`.
    fn enlarged(map: &[f32], [rows, columns]: [usize; 2], [height, width]: [usize; 2]) -> Self {
        let (vertical, horizontal) = (neighbours(rows, height), neighbours(columns, width));
        let mut values = Vec::with_capacity(height * width);
        for &(top, bottom, down) in &vertical {
            for &(left, right, across) in &horizontal {
                let row =
                    |row: usize| mix(map[row * columns + left], map[row * columns + right], across);
                values.push(mix(row(top), row(bottom), down));
            }
        }
        let largest = values.iter().copied().fold(0.0, f32::max);
        if largest > 0.0 {
            values.iter_mut().for_each(|value| *value /= largest);
        }
        Self { height, width, values }
    }
}

/// For each of `target` pixels: the two of `source` that it lies between, and the share of the second.
fn neighbours(source: usize, target: usize) -> Vec<(usize, usize, f32)> {
    let scale = source as f32 / target as f32;
    let place = |pixel| ((pixel as f32 + 0.5) * scale - 0.5).max(0.0);
    let between = |place: f32| {
        let first = (place as usize).min(source - 1);
        (first, (first + 1).min(source - 1), place - first as f32)
    };
    (0..target).map(place).map(between).collect()
}

fn mix(first: f32, second: f32, share: f32) -> f32 {
    first + (second - first) * share
}

impl Explained {
    /// The image under its heat map: dark violet is cold, yellow is hot (matplotlib's `inferno`, whose
    /// lightness rises evenly).
    #[must_use]
    pub fn overlay(&self) -> RgbImage {
        let RgbImage { height, width, .. } = self.image;
        let pixels = self.image.pixels.chunks_exact(3).zip(&self.heat.values);
        let mixed = pixels.flat_map(|(pixel, &heat)| {
            let colour = colorous::INFERNO.eval_continuous(f64::from(heat)).as_array();
            let level = |channel: usize| {
                let levels = (f32::from(pixel[channel]), f32::from(colour[channel]));
                mix(levels.0, levels.1, COLOUR).round() as u8
            };
            [level(0), level(1), level(2)]
        });
        RgbImage { height, width, pixels: mixed.collect() }
    }
}

impl Predictor {
    /// What speaks for class `class` in image `index` of `images`; for its most probable class if `None`
    /// is given.
    ///
    /// # Errors
    /// [`TrainError::Data`] if the image cannot be read.
    ///
    /// # Panics
    /// If there is no such image or class.
    pub fn explain(
        &self,
        images: &Arc<dyn Source>,
        index: usize,
        class: Option<usize>,
    ) -> Result<Explained, TrainError> {
        assert!(index < images.len(), "image {index} of {}", images.len());
        // In batches of one, the batch of a number is the image of that number.
        let batch = self.loader(images, 1, ValidationViews::Single)?.epoch(0, index).next();
        let mut batch = batch.expect("a batch for each image")?;
        if let Some(bad) = batch.bad.pop() {
            return Err(DataError::Image { name: bad.name, reason: bad.reason }.into());
        }
        let contrast = Contrast::of(&**images, index, &*decoder(&self.trained.recipe))?;
        let image = contact_sheet::images(&batch, 1, contrast).pop().expect("an image");
        let image_1chw = self.normalizer().upload(batch).images;
        let class = class.unwrap_or_else(|| self.most_probable(image_1chw.clone()));
        Ok(Explained { class, image, heat: self.heat_map_of(image_1chw, class) })
    }

    /// [`explain`](Self::explain) for an image file.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Panics
    /// If there is no such class.
    pub fn explain_file(&self, path: &Path, class: Option<usize>) -> Result<Explained, TrainError> {
        let images: Arc<dyn Source> = Arc::new(ImageFiles::list(&[path])?);
        self.explain(&images, 0, class)
    }

    /// What speaks for `class` in one normalised image `[1, c, h, w]`.
    ///
    /// # Panics
    /// If there is no such class.
    #[must_use]
    pub fn heat_map_of(&self, image_1chw: Tensor<4>, class: usize) -> HeatMap {
        let classes = self.trained.classes.len();
        assert!(class < classes, "class {class} of {classes}");
        let [_, _, height, width] = image_1chw.dims();
        let class = TensorData::new(vec![i32::try_from(class).expect("few classes")], [1]);
        let class = Tensor::<1, Int>::from_data(class, &image_1chw.device());
        let map = self.trained.model.grad_cam(image_1chw, class);
        let [_, rows, columns] = map.dims();
        let values: Vec<f32> = map.into_data().iter::<f32>().collect();
        HeatMap::enlarged(&values, [rows, columns], [height, width])
    }

    fn most_probable(&self, image_1chw: Tensor<4>) -> usize {
        let logits = self.trained.model.forward(image_1chw).into_data();
        let numbered = logits.iter::<f32>().enumerate();
        let first = numbered.reduce(|best, next| if next.1 > best.1 { next } else { best });
        first.expect("a network has classes").0
    }
}

#[cfg(test)]
mod tests {
    use super::HeatMap;

    #[test]
    fn enlarging_is_that_of_pytorch_and_the_hottest_pixel_is_one() {
        // torch.nn.functional.interpolate(torch.tensor([[[[0., 1.], [2., 4.]]]]), (4, 3),
        //     mode="bilinear", align_corners=False) / 4
        let map = HeatMap::enlarged(&[0.0, 1.0, 2.0, 4.0], [2, 2], [4, 3]);
        let expected = [
            [0.0, 0.125, 0.25],
            [0.125, 0.28125, 0.4375],
            [0.375, 0.59375, 0.8125],
            [0.5, 0.75, 1.0],
        ];
        assert_eq!(map.values, expected.concat());
    }

    #[test]
    fn a_map_without_heat_stays_cold() {
        let map = HeatMap::enlarged(&[0.0], [1, 1], [2, 2]);
        assert_eq!(map.values, [0.0; 4]);
    }
}
