//! Gradients that are sent together.

use burn::tensor::{Device, Tensor};

use super::{on_device, on_host};
use crate::gradients::GradientMap;

/// Numbers from which on a bucket is full: 16 MiB, enough that the time of a message is that of its bytes.
const FULL: usize = 1 << 22;

/// Gradients of some parameters, flattened, with their names.
#[derive(Default)]
pub(super) struct Bucket(Vec<(String, Tensor<1>)>);

impl Bucket {
    /// All gradients, in the order of their names.
    pub(super) fn all(gradients: GradientMap) -> Vec<Self> {
        let mut buckets: Vec<Self> = Vec::new();
        let mut room = 0;
        for (name, values) in gradients.into_tensors() {
            if room == 0 {
                buckets.push(Self::default());
                room = FULL;
            }
            room = room.saturating_sub(values.dims()[0]);
            let values = if values.device().is_autodiff() { values.inner() } else { values };
            if let Some(bucket) = buckets.last_mut() {
                bucket.0.push((name, values));
            }
        }
        buckets
    }

    /// The numbers times `factor`; waits for the device.
    pub(super) fn scaled_on_host(&self, factor: f64) -> Vec<f32> {
        let values = self.0.iter().map(|(_, values)| values.clone()).collect();
        on_host(Tensor::cat(values, 0).mul_scalar(factor))
    }

    /// Puts the `sums` of these gradients into `all`.
    pub(super) fn unpack(self, sums: &[f32], device: &Device, all: &mut GradientMap) {
        let mut rest = sums;
        for (name, values) in self.0 {
            let (values, later) = rest.split_at(values.dims()[0]);
            all.insert(name, on_device(values.to_vec(), device));
            rest = later;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_gradient_is_in_one_bucket_and_comes_back_under_its_name() {
        let device = Device::flex();
        let values = |length: usize, value: f64| Tensor::full([length], value, &device);
        let mut gradients = GradientMap::default();
        for (name, length, value) in [("a", 3, 1.0), ("b", FULL, 2.0), ("c", 5, 3.0)] {
            gradients.insert(name, values(length, value));
        }
        let buckets = Bucket::all(gradients);
        let names = |bucket: &Bucket| bucket.0.iter().map(|(name, _)| name.clone()).collect();
        assert_eq!(buckets.iter().map(names).collect::<Vec<Vec<_>>>(), [vec!["a", "b"], vec!["c"]]);
        let mut back = GradientMap::default();
        for bucket in buckets {
            let sums = bucket.scaled_on_host(2.0);
            bucket.unpack(&sums, &device, &mut back);
        }
        for (name, length, value) in [("a", 3, 2.0), ("b", FULL, 4.0), ("c", 5, 6.0)] {
            assert_eq!(on_host(back.remove(name).expect("one")), vec![value; length], "{name}");
        }
    }
}
