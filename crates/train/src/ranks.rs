//! Several devices that train one network: what they exchange.
//!
//! Every rank runs the whole of [`run::train`](crate::run::train) with its share of every batch. In each
//! step the gradients of all are added up, and with them the counts of the meter and whether anybody was
//! asked to stop, so that all ranks always decide alike. Rank 0 alone reads and writes the model folder.

mod sharing;
mod statistics;

use burn::tensor::{Device, Tensor, TensorData};
use resnet_data::Rank;
use resnet_distributed::{CollectiveError, World, threads};
use resnet_recipe::{Fanout, Recipe, Sink};

use crate::device::Chosen;
use crate::gradients::GradientMap;
use crate::identity::Datasets;
use crate::meter::Meter;
use crate::options::{Outcome, RunOptions};
use crate::run::train;
use crate::stopping::StopHandle;
use crate::{OnNonFinite, TrainError};

pub(crate) use sharing::{agree, begin_together, gather_epoch, scratch_folder, total};
pub(crate) use statistics::{averaged, averaged_statistics};

/// Trains on several devices of this machine, one rank for each, as [`train`] does on one; rank 0, on
/// the first device, tells `sink`.
///
/// `recipe.train.batch_size` is of all devices together. Sums go through the host's memory.
///
/// # Errors
/// As [`train`]; [`TrainError::BatchOfRanks`] if the batch cannot be shared out evenly.
///
/// # Panics
/// If there is no device.
pub fn train_on(
    recipe: &Recipe,
    datasets: &Datasets,
    options: &RunOptions,
    devices: &[Chosen],
    sink: &mut dyn Sink,
) -> Result<Outcome, TrainError> {
    let workers = (options.workers / devices.len().max(1)).max(1);
    let train_as = |world: World, sink: &mut dyn Sink| {
        let chosen = &devices[world.rank()];
        let options = RunOptions { workers, world, ..options.clone() };
        train(recipe, datasets, &options, chosen, sink)
    };
    let outcomes = threads::run_with(
        threads::worlds(devices.len()),
        |world| train_as(world, sink),
        |world| train_as(world, &mut Fanout::default()),
    )?;
    Ok(outcomes.into_iter().next().expect("there is at least one device"))
}

/// The part of every epoch that the rank `world` is of loads.
///
/// # Errors
/// [`TrainError::BatchOfRanks`] if the batch cannot be shared out evenly, and
/// [`TrainError::RollBackOfRanks`] for what ranks cannot do.
pub(crate) fn share(options: &RunOptions, recipe: &Recipe) -> Result<Rank, TrainError> {
    let world = &options.world;
    let (batch_size, ranks) = (recipe.train.batch_size, world.size());
    if ranks > 1 && matches!(options.on_non_finite, OnNonFinite::RollBack { .. }) {
        return Err(TrainError::RollBackOfRanks { ranks });
    }
    if batch_size.is_multiple_of(ranks) {
        return Ok(Rank { index: world.rank(), size: ranks });
    }
    Err(TrainError::BatchOfRanks { batch_size, ranks })
}

/// How a learner exchanges gradients with those of other ranks.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    pub(crate) world: World,
    /// Somebody asked this rank to stop.
    wish: StopHandle,
    /// All ranks stop after this step.
    agreed: StopHandle,
}

impl Exchange {
    /// A rank that stops when any is asked to; and the handle that says so, on all in the same step.
    pub(crate) fn new(world: World, wish: StopHandle) -> (Self, StopHandle) {
        let agreed = if world.is_alone() { wish.clone() } else { StopHandle::default() };
        (Self { world, wish, agreed: agreed.clone() }, agreed)
    }

    /// The gradients of the mean loss over the batch of all ranks, from those of this rank's `examples`,
    /// whose losses were added up and divided by `divisor`. The newest entry of `meter` becomes that of
    /// all ranks.
    pub(crate) fn average(
        &self,
        gradients: GradientMap,
        (divisor, examples): (f64, f64),
        meter: &mut Meter,
    ) -> Result<GradientMap, CollectiveError> {
        let newest = meter.newest();
        let device = newest.device();
        let tensors = gradients.into_tensors();
        let (names, values): (Vec<_>, Vec<_>) = tensors.into_iter().unzip();
        let lengths: Vec<usize> = values.iter().map(|values| values.dims()[0]).collect();
        let weighted = values.into_iter().map(|values| values.mul_scalar(divisor));
        let mut flat = on_host(Tensor::cat(weighted.map(inner).chain([newest]).collect(), 0));
        flat.extend([examples as f32, if self.wish.is_requested() { 1.0 } else { 0.0 }]);
        self.world.sum(&mut flat)?;
        let stops = flat.pop().unwrap_or_default();
        let all_examples = flat.pop().unwrap_or_default();
        if stops > 0.0 {
            self.agreed.request();
        }
        let sums = flat.split_off(flat.len() - METER_SUMS);
        meter.replace_newest(f64::from(all_examples), on_device(sums, &device));
        let factor = 1.0 / all_examples.max(1.0);
        flat.iter_mut().for_each(|value| *value *= factor);
        let mut averaged = GradientMap::default();
        let mut rest = &flat[..];
        for (name, length) in names.into_iter().zip(lengths) {
            let (values, later) = rest.split_at(length);
            averaged.insert(name, on_device(values.to_vec(), &device));
            rest = later;
        }
        Ok(averaged)
    }
}

/// Sums that the meter keeps for a batch.
const METER_SUMS: usize = 3;

fn inner(tensor: Tensor<1>) -> Tensor<1> {
    if tensor.device().is_autodiff() { tensor.inner() } else { tensor }
}

fn on_host(tensor: Tensor<1>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

fn on_device(values: Vec<f32>, device: &Device) -> Tensor<1> {
    let length = values.len();
    Tensor::from_data(TensorData::new(values, [length]), device)
}
