//! Statistics of BatchNorm: of a rank's own images and averaged, or of all ranks' images.

use std::sync::Arc;

use burn::tensor::Tensor;
use resnet_distributed::{CollectiveError, World};
use resnet_models::{Classifier, SumOverRanks, is_buffer};

use super::on_device;
use crate::flat::{self, FlatTensors};
use crate::host;

/// The ranks of `world` as batch normalisation sees them, for
/// [`ResNetConfig::init_among`](resnet_models::ResNetConfig::init_among) in a network of one's own.
#[must_use]
pub fn sums_over(world: &World) -> Arc<dyn SumOverRanks> {
    Arc::new(SumsOver(world.clone()))
}

#[derive(Debug)]
struct SumsOver(World);

impl SumOverRanks for SumsOver {
    fn sum(&self, values: &mut [f64]) {
        // A failure is met again, and told, when gradients are exchanged.
        self.0.sum_f64(values).ok();
    }
}

/// `model` with the mean of all ranks' running statistics, so that each has those of the chief's
/// checkpoint.
pub(crate) fn averaged_statistics<M: Classifier>(
    world: &World,
    model: M,
) -> Result<M, CollectiveError> {
    if world.is_alone() {
        return Ok(model);
    }
    let mut statistics = flat::tensors(&model.valid());
    statistics.retain(|name, _| is_buffer(name));
    let statistics = averaged(world, statistics)?;
    Ok(flat::map(model, |tensor| statistics.get(tensor.name).cloned()))
}

/// The mean over all ranks of each of `tensors`.
pub(crate) fn averaged(
    world: &World,
    mut tensors: FlatTensors,
) -> Result<FlatTensors, CollectiveError> {
    let Some(device) = tensors.values().next().map(Tensor::device) else { return Ok(tensors) };
    if world.is_alone() {
        return Ok(tensors);
    }
    let lengths: Vec<usize> = tensors.values().map(|values| values.dims()[0]).collect();
    let mut sums: Vec<f32> = tensors.values().cloned().flat_map(host::read).collect();
    world.sum(&mut sums)?;
    let share = 1.0 / world.size() as f32;
    sums.iter_mut().for_each(|value| *value *= share);
    let mut rest = &sums[..];
    for (tensor, length) in tensors.values_mut().zip(lengths) {
        let (values, later) = rest.split_at(length);
        *tensor = on_device(values.to_vec(), &device);
        rest = later;
    }
    Ok(tensors)
}
