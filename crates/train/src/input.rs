//! From a batch of levels in host memory to normalised tensors on the device.

use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use resnet_data::{Batch, Depth, Pixels};

/// A batch on the device.
#[derive(Debug, Clone)]
pub struct DeviceBatch {
    /// Normalised images, `[b, 3, h, w]`, or `[b, 1, h, w]` of grey batches; with several views of each
    /// image, `b * views` of them.
    pub images: Tensor<4>,
    /// Class of each image, `[b]`.
    pub labels: Tensor<1, Int>,
    /// 1 for an image, 0 for padding and for an unreadable one, `[b]`.
    pub weights: Tensor<1>,
    /// Sum of the weights, known without asking the device.
    pub examples: f64,
}

/// Uploads levels of 8 or 16 bits and normalises them there: a quarter or half of the traffic of uploading
/// floats.
#[derive(Debug, Clone)]
pub struct Normalizer {
    device: Device,
    scale: Tensor<4>,
    shift: Tensor<4>,
    /// Whether the device holds 8-bit integers; wgpu does not.
    has_bytes: bool,
    /// Whether it holds 16-bit ones.
    has_words: bool,
}

impl Normalizer {
    /// Makes `(level / brightest - mean) / std` of every channel, on `device`; of grey batches, by the first
    /// mean and deviation.
    #[must_use]
    pub fn new(mean: [f32; 3], std: [f32; 3], device: &Device) -> Self {
        let per_channel = |value: &dyn Fn(usize) -> f32| {
            let values = (0..3).map(value).collect();
            Tensor::from_data(TensorData::new::<f32, _>(values, [1, 3, 1, 1]), device)
        };
        Self {
            scale: per_channel(&|c| 1.0 / (255.0 * std[c])),
            shift: per_channel(&|c| -mean[c] / std[c]),
            has_bytes: device.supports_dtype(DType::U8),
            has_words: device.supports_dtype(DType::U16),
            device: device.clone(),
        }
    }

    /// Where it brings batches.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Brings `batch` to the device.
    #[must_use]
    pub fn upload(&self, batch: Batch) -> DeviceBatch {
        let slots = batch.labels.len();
        let labels: Vec<i32> = batch.labels.iter().map(|&label| label.cast_signed()).collect();
        let examples = batch.weights.iter().copied().map(f64::from).sum();
        let images = slots * batch.views();
        let shape = [images, batch.height, batch.width, batch.channels.count()];
        DeviceBatch {
            images: self.images(batch.images, shape),
            labels: Tensor::from_data(TensorData::new(labels, [slots]), &self.device),
            weights: Tensor::from_data(TensorData::new(batch.weights, [slots]), &self.device),
            examples,
        }
    }

    fn images(&self, pixels: Pixels, shape_bhwc: [usize; 4]) -> Tensor<4> {
        let channels = shape_bhwc[3];
        let [scale, shift] =
            [&self.scale, &self.shift].map(|all| all.clone().narrow(1, 0, channels));
        let scale = match pixels.depth() {
            Depth::Eight => scale,
            Depth::Sixteen => scale.mul_scalar(255.0 / 65_535.0),
        };
        let pixels_bchw = self.floats(pixels, shape_bhwc).permute([0, 3, 1, 2]);
        pixels_bchw * scale + shift
    }

    /// The levels as they are.
    fn floats(&self, pixels: Pixels, shape: [usize; 4]) -> Tensor<4> {
        let integers = |data, kind| Tensor::<4, Int>::from_data(data, (&self.device, kind)).float();
        let floats =
            |levels: Vec<f32>| Tensor::from_data(TensorData::new(levels, shape), &self.device);
        match pixels {
            Pixels::Eight(levels) if self.has_bytes => {
                integers(TensorData::new(levels, shape), DType::U8)
            }
            Pixels::Sixteen(levels) if self.has_words => {
                integers(TensorData::new(levels, shape), DType::U16)
            }
            Pixels::Eight(levels) => floats(levels.into_iter().map(f32::from).collect()),
            Pixels::Sixteen(levels) => floats(levels.into_iter().map(f32::from).collect()),
        }
    }
}
