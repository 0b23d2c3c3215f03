//! From a batch of bytes in host memory to normalised tensors on the device.

use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use resnet_data::Batch;

/// A batch on the device.
#[derive(Debug, Clone)]
pub struct DeviceBatch {
    /// Normalised images, `[b, 3, h, w]`.
    pub images: Tensor<4>,
    /// Class of each image, `[b]`.
    pub labels: Tensor<1, Int>,
    /// 1 for an image, 0 for padding and for an unreadable one, `[b]`.
    pub weights: Tensor<1>,
    /// Sum of the weights, known without asking the device.
    pub examples: f64,
}

/// Uploads bytes and normalises them there: a quarter of the traffic of uploading floats.
#[derive(Debug, Clone)]
pub struct Normalizer {
    device: Device,
    scale: Tensor<4>,
    shift: Tensor<4>,
    /// Whether the device holds 8-bit integers; wgpu does not.
    has_bytes: bool,
}

impl Normalizer {
    /// Makes `(pixel / 255 - mean) / std` of every channel, on `device`.
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
        DeviceBatch {
            images: self.images(batch.images, [slots, batch.height, batch.width, 3]),
            labels: Tensor::from_data(TensorData::new(labels, [slots]), &self.device),
            weights: Tensor::from_data(TensorData::new(batch.weights, [slots]), &self.device),
            examples,
        }
    }

    fn images(&self, bytes: Vec<u8>, shape_bhwc: [usize; 4]) -> Tensor<4> {
        let pixels_bhwc = if self.has_bytes {
            let data = TensorData::new(bytes, shape_bhwc);
            Tensor::<4, Int>::from_data(data, (&self.device, DType::U8)).float()
        } else {
            let floats: Vec<f32> = bytes.into_iter().map(f32::from).collect();
            Tensor::from_data(TensorData::new(floats, shape_bhwc), &self.device)
        };
        let pixels_bchw = pixels_bhwc.permute([0, 3, 1, 2]);
        pixels_bchw * self.scale.clone() + self.shift.clone()
    }
}
