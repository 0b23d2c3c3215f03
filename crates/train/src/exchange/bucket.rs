//! Gradients that are sent together.

use burn::tensor::{Device, Tensor};
use resnet_distributed::{PendingSum, Wire, World};

use super::{on_device, on_host};
use crate::gradients::GradientMap;

/// Numbers from which on a bucket is full: 16 MiB, enough that the time of a message is that of its bytes.
const FULL: usize = 1 << 22;

/// Gradients of some parameters, flattened, with their names.
#[derive(Default)]
pub(super) struct Bucket(Vec<(String, Tensor<1>)>);

impl Bucket {
    fn push(&mut self, name: String, values: Tensor<1>) {
        let values = if values.device().is_autodiff() { values.inner() } else { values };
        self.0.push((name, values));
    }

    fn is_full(&self) -> bool {
        self.0.iter().map(|(_, values)| values.dims()[0]).sum::<usize>() >= FULL
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

/// Gradients on their way to the other ranks, in buckets: while one travels, the next is computed or read
/// from the device.
pub(crate) struct Sending {
    world: World,
    wire: Wire,
    factor: f64,
    filling: Bucket,
    sent: Vec<(Bucket, PendingSum)>,
}

impl Sending {
    /// Nothing yet of what will be sent times `factor`.
    pub(super) fn new(world: World, wire: Wire, factor: f64) -> Self {
        Self { world, wire, factor, filling: Bucket::default(), sent: Vec::new() }
    }

    /// Sends these gradients, and those before them, but for a last bucket that is not full.
    pub(crate) fn push(&mut self, gradients: GradientMap) {
        for (name, values) in gradients.into_tensors() {
            self.filling.push(name, values);
            if self.filling.is_full() {
                self.send();
            }
        }
    }

    fn send(&mut self) {
        let bucket = std::mem::take(&mut self.filling);
        let sums = self.world.start_sum(bucket.scaled_on_host(self.factor), self.wire);
        self.sent.push((bucket, sums));
    }

    /// Every bucket with the sums that are being taken, in the order in which they were sent.
    pub(super) fn all_sent(mut self) -> Vec<(Bucket, PendingSum)> {
        if !self.filling.0.is_empty() {
            self.send();
        }
        self.sent
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
        let mut sending = Sending::new(World::alone(), Wire::F32, 2.0);
        sending.push(gradients);
        assert_eq!(sending.sent.len(), 1, "what is full is on its way");
        let sent = sending.all_sent();
        let names = |(bucket, _): &(Bucket, PendingSum)| {
            bucket.0.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(sent.iter().map(names).collect::<Vec<_>>(), [vec!["a", "b"], vec!["c"]]);
        let mut back = GradientMap::default();
        for (bucket, sums) in sent {
            bucket.unpack(&sums.finish().expect("sums"), &device, &mut back);
        }
        for (name, length, value) in [("a", 3, 2.0), ("b", FULL, 4.0), ("c", 5, 6.0)] {
            assert_eq!(on_host(back.remove(name).expect("one")), vec![value; length], "{name}");
        }
    }
}
