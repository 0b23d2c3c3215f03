//! What ranks exchange in every step: gradients, the counts of the meter, and whether anybody was asked to
//! stop, so that all ranks always decide alike.

mod agreement;
mod bucket;
mod epoch;
mod nccl;
mod statistics;

use burn::tensor::{Device, Tensor, TensorData};
use resnet_distributed::{CollectiveError, Wire, World};
use resnet_recipe::{GradientExchange, Recipe};

use crate::TrainError;
use crate::gradients::GradientMap;
use crate::host;
use crate::meter::Meter;
use crate::options::RunOptions;

pub(crate) use agreement::Agreement;
pub(crate) use bucket::Sending;
pub(crate) use epoch::{gather_epoch, total};
use nccl::DeviceSums;
pub use statistics::sums_over;
pub(crate) use statistics::{averaged, averaged_statistics};

/// The way on which gradients are added up.
#[derive(Debug, Clone)]
enum Way {
    /// Read from the device, and written to it.
    Host(Wire),
    /// They stay there.
    Devices(DeviceSums),
}

impl Way {
    fn new(
        options: &RunOptions,
        how: GradientExchange,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let RunOptions { world, devices, .. } = options;
        Ok(match how {
            GradientExchange::Nccl if !world.is_alone() => {
                Self::Devices(nccl::connect(world, devices, device)?)
            }
            GradientExchange::Bf16 => Self::Host(Wire::Bf16),
            GradientExchange::F32 | GradientExchange::Nccl => Self::Host(Wire::F32),
        })
    }
}

/// How a learner exchanges gradients with those of other ranks.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    /// What all ranks decide alike.
    pub(crate) ranks: Agreement,
    /// How gradients are sent.
    way: Way,
}

impl Exchange {
    /// A rank on `device` that stops when any is asked to.
    pub(crate) fn new(
        options: &RunOptions,
        recipe: &Recipe,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let RunOptions { world, stop, .. } = options.clone();
        let way = Way::new(options, recipe.train.exchange, device)?;
        Ok(Self { ranks: Agreement::new(world, stop), way })
    }

    pub(crate) fn world(&self) -> &World {
        &self.ranks.world
    }

    /// Begins to send gradients of this rank's losses, which were added up and divided by `divisor`.
    pub(crate) fn begin(&self, divisor: f64) -> Sending {
        Sending::new(self.world().clone(), self.way.clone(), divisor)
    }

    /// The gradients of the mean loss over the batch of all ranks, from those that each has sent, this one of
    /// `examples`. The newest entry of `meter` becomes that of all ranks.
    pub(crate) fn average(
        &self,
        sending: Sending,
        examples: f64,
        meter: &mut Meter,
    ) -> Result<GradientMap, CollectiveError> {
        let sent = sending.all_sent();
        let newest = meter.newest();
        let device = newest.device();
        let mut counts = host::read(newest);
        counts.extend([examples as f32, self.ranks.wish()]);
        self.world().sum(&mut counts)?;
        let all_examples = self.take_counts(counts, &device, meter);
        let factor = 1.0 / all_examples.max(1.0);
        let mut averaged = GradientMap::default();
        for bucket in sent {
            bucket.unpack(factor, &device, &mut averaged)?;
        }
        Ok(averaged)
    }

    /// What is summed beside the gradients: the newest entry of `meter`, the examples, which are
    /// returned, and who was asked to stop.
    fn take_counts(&self, mut counts: Vec<f32>, device: &Device, meter: &mut Meter) -> f32 {
        let stops = counts.pop().unwrap_or_default();
        let examples = counts.pop().unwrap_or_default();
        self.ranks.take_wishes(stops);
        meter.replace_newest(f64::from(examples), on_device(counts, device));
        examples
    }
}

fn on_device(values: Vec<f32>, device: &Device) -> Tensor<1> {
    let length = values.len();
    Tensor::from_data(TensorData::new(values, [length]), device)
}
