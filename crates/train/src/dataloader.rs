//! A [`Loader`] for programs that train with `burn-train`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use burn::data::dataloader::{DataLoader, DataLoaderIterator, Progress};
use burn::data::dataset::DatasetError;
use burn::tensor::Device;
use resnet_data::{Batches, DataError, Loader, Source, Subset};

use crate::input::{DeviceBatch, Normalizer};

/// A [`Loader`] as Burn's [`DataLoader`]: each call of `iter` is the next epoch, with its own order
/// and augmentation. Batches go to the device one at a time, when they are asked for.
///
/// ```
/// use std::sync::Arc;
/// use burn::data::dataloader::DataLoader;
/// use burn::tensor::Device;
/// use resnet_data::{Loader, LoaderOptions, SyntheticImages, Transform};
/// use resnet_train::dataloader::DeviceLoader;
///
/// let source = Arc::new(SyntheticImages::new(100, 10, 0).with_side(40));
/// let loader = Loader::new(source, LoaderOptions::train(32, 42, Transform::imagenet_train(32)))?;
/// let loader = DeviceLoader::new(loader, [0.5; 3], [0.25; 3], &Device::flex());
/// for batch in loader.iter() {
///     assert_eq!(batch?.images.dims(), [32, 3, 32, 32]);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct DeviceLoader {
    loader: Loader,
    mean: [f32; 3],
    std: [f32; 3],
    normalizer: Normalizer,
    next_epoch: AtomicU64,
}

impl DeviceLoader {
    /// Brings the batches of `loader` to `device`, normalised by the `mean` and `std` of each channel
    /// (pixel values 0 to 1).
    #[must_use]
    pub fn new(loader: Loader, mean: [f32; 3], std: [f32; 3], device: &Device) -> Self {
        let normalizer = Normalizer::new(mean, std, device);
        Self { loader, mean, std, normalizer, next_epoch: AtomicU64::new(0) }
    }

    /// Makes the next call of `iter` epoch `epoch`, as after a resume.
    #[must_use]
    pub fn starting_at(self, epoch: u64) -> Self {
        Self { next_epoch: AtomicU64::new(epoch), ..self }
    }

    /// The same with another source, on another device.
    fn with(&self, source: Arc<dyn Source>, device: &Device) -> Result<Self, DataError> {
        let loader = self.loader.with_source(source)?;
        let epoch = self.next_epoch.load(Ordering::Relaxed);
        Ok(Self::new(loader, self.mean, self.std, device).starting_at(epoch))
    }
}

impl DataLoader<DeviceBatch> for DeviceLoader {
    fn iter<'a>(&'a self) -> Box<dyn DataLoaderIterator<DeviceBatch> + 'a> {
        let epoch = self.next_epoch.fetch_add(1, Ordering::Relaxed);
        Box::new(Epoch {
            batches: self.loader.epoch(epoch, 0),
            normalizer: &self.normalizer,
            images: self.num_items(),
            done: 0,
        })
    }

    fn num_items(&self) -> usize {
        self.loader.source().len()
    }

    /// # Panics
    ///
    /// Never: the options were good for the same source.
    fn to_device(&self, device: &Device) -> Arc<dyn DataLoader<DeviceBatch>> {
        let same = self.with(Arc::clone(self.loader.source()), device);
        Arc::new(same.expect("the same source and options as before"))
    }

    /// # Panics
    ///
    /// If there is no image from `start` to `end`, or fewer than the one full batch that training
    /// needs: Burn leaves no other way to say so.
    fn slice(&self, start: usize, end: usize) -> Arc<dyn DataLoader<DeviceBatch>> {
        let images = (start..end.min(self.num_items())).collect();
        let part = Subset::new(Arc::clone(self.loader.source()), "consecutive", images);
        let part = self.with(Arc::new(part), self.normalizer.device());
        Arc::new(part.unwrap_or_else(|error| panic!("images {start} to {end}: {error}")))
    }
}

/// One epoch on its way to the device.
struct Epoch<'a> {
    batches: Batches,
    normalizer: &'a Normalizer,
    images: usize,
    done: usize,
}

impl Iterator for Epoch<'_> {
    type Item = Result<DeviceBatch, DatasetError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.batches.next()?;
        Some(match batch {
            Ok(batch) => {
                self.done += batch.weights.iter().filter(|&&weight| weight > 0.0).count();
                Ok(self.normalizer.upload(batch))
            }
            Err(error) => Err(DatasetError::new(error)),
        })
    }
}

impl DataLoaderIterator<DeviceBatch> for Epoch<'_> {
    fn progress(&self) -> Progress {
        Progress::new(self.done, self.images, Some("images".to_owned()))
    }
}
