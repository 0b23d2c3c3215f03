//! Gradients that are sent together.

use burn::tensor::{Device, Tensor};
use resnet_distributed::{CollectiveError, PendingSum, Wire, World};

use super::nccl::DeviceSum;
use super::{Way, on_device};
use crate::gradients::GradientMap;
use crate::host;

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

    /// The numbers times `factor`.
    fn scaled(&self, factor: f64) -> Tensor<1> {
        let values = self.0.iter().map(|(_, values)| values.clone()).collect();
        Tensor::cat(values, 0).mul_scalar(factor)
    }

    /// Puts the `sums` of these gradients into `all`.
    fn unpack(self, sums: &[f32], device: &Device, all: &mut GradientMap) {
        let mut rest = sums;
        for (name, values) in self.0 {
            let (values, later) = rest.split_at(values.dims()[0]);
            all.insert(name, on_device(values.to_vec(), device));
            rest = later;
        }
    }

    /// As [`unpack`](Self::unpack), of sums that are on the device.
    fn cut_up(self, sums: &Tensor<1>, all: &mut GradientMap) {
        let mut start = 0;
        for (name, values) in self.0 {
            let length = values.dims()[0];
            all.insert(name, sums.clone().narrow(0, start, length));
            start += length;
        }
    }
}

/// Sums that are being taken.
enum Pending {
    Host(PendingSum),
    Device(DeviceSum),
}

/// A bucket on its way.
pub(super) struct Sent {
    bucket: Bucket,
    sums: Pending,
}

impl Sent {
    /// Sums that the devices of this process have taken go on to the other processes, from the first rank's device.
    fn between_processes(self, world: &World) -> Self {
        match self.sums {
            Pending::Device(sums) if world.size_here() < world.size() => {
                let sums = sums();
                let values = if world.is_first_here() { host::read(sums) } else { Vec::new() };
                let sums = Pending::Host(world.start_sum_of_processes(values, Wire::F32));
                Self { sums, ..self }
            }
            _ => self,
        }
    }

    /// Waits for the sums, and puts them times `factor` into `all`.
    pub(super) fn unpack(
        self,
        factor: f32,
        device: &Device,
        all: &mut GradientMap,
    ) -> Result<(), CollectiveError> {
        match self.sums {
            Pending::Host(sums) => {
                let mut sums = sums.finish()?;
                sums.iter_mut().for_each(|value| *value *= factor);
                self.bucket.unpack(&sums, device, all);
            }
            Pending::Device(sums) => self.bucket.cut_up(&sums().mul_scalar(factor), all),
        }
        Ok(())
    }
}

/// Gradients on their way to the other ranks, in buckets: while one travels, the next is computed or read
/// from the device.
pub(crate) struct Sending {
    world: World,
    way: Way,
    factor: f64,
    filling: Bucket,
    sent: Vec<Sent>,
}

impl Sending {
    /// Nothing yet of what will be sent times `factor`.
    pub(super) fn new(world: World, way: Way, factor: f64) -> Self {
        Self { world, way, factor, filling: Bucket::default(), sent: Vec::new() }
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
        let values = bucket.scaled(self.factor);
        let sums = match &self.way {
            Way::Host(wire) => Pending::Host(self.world.start_sum(host::read(values), *wire)),
            Way::Devices(devices) => Pending::Device(devices.begin(values)),
        };
        self.sent.push(Sent { bucket, sums });
    }

    /// Every bucket with the sums that are being taken, in the order in which they were sent.
    pub(super) fn all_sent(mut self) -> Vec<Sent> {
        if !self.filling.0.is_empty() {
            self.send();
        }
        let Self { world, sent, .. } = self;
        sent.into_iter().map(|sent| sent.between_processes(&world)).collect()
    }
}

#[cfg(test)]
mod tests {
    use resnet_distributed::{nested, threads};

    use super::super::nccl::DeviceSums;
    use super::*;

    const SENT: [(&str, usize, f64); 3] = [("a", 3, 1.0), ("b", FULL, 2.0), ("c", 5, 3.0)];

    fn on_their_way(world: World, way: Way) -> (usize, Vec<Sent>) {
        let mut gradients = GradientMap::default();
        for (name, length, value) in SENT {
            gradients.insert(name, Tensor::full([length], value, &Device::flex()));
        }
        let mut sending = Sending::new(world, way, 2.0);
        sending.push(gradients);
        (sending.sent.len(), sending.all_sent())
    }

    /// What arrives has to be `factor` times what was sent.
    fn check(sent: Vec<Sent>, factor: f32) -> Result<(), CollectiveError> {
        let mut back = GradientMap::default();
        for bucket in sent {
            bucket.unpack(0.5, &Device::flex(), &mut back)?;
        }
        for (name, length, value) in SENT {
            let values = host::read(back.remove(name).expect("one"));
            assert_eq!(values, vec![factor * value as f32; length], "{name}");
        }
        Ok(())
    }

    /// Stands for NCCL among `ranks` whose gradients are alike.
    fn devices(ranks: f64) -> Way {
        Way::Devices(DeviceSums::new(move |values| Box::new(move || values.mul_scalar(ranks))))
    }

    #[test]
    fn every_gradient_is_in_one_bucket_and_comes_back_under_its_name() {
        for way in [Way::Host(Wire::F32), devices(1.0)] {
            let (full, sent) = on_their_way(World::alone(), way);
            assert_eq!(full, 1, "what is full is on its way");
            let names = |sent: &Sent| sent.bucket.0.iter().map(|(name, _)| name.clone()).collect();
            let names: Vec<Vec<String>> = sent.iter().map(names).collect();
            assert_eq!(names, [vec!["a", "b"], vec!["c"]]);
            check(sent, 1.0).expect("sums");
        }
    }

    #[test]
    fn what_devices_of_a_process_have_added_up_goes_between_processes_once() {
        let processes = threads::run(threads::worlds(2), |process| {
            threads::run(nested(&process, 3)?, |world| {
                check(on_their_way(world, devices(3.0)).1, 6.0)
            })
        });
        processes.expect("no rank fails");
    }
}
