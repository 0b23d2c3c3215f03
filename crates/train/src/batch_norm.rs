//! Statistics of BatchNorm for the weights as they are.

use std::collections::BTreeSet;

use burn::tensor::Tensor;
use resnet_models::{Classifier, is_buffer};

use crate::flat::{self, FlatTensors};

/// The mean and variance of every batch normalisation of `model` (one for inference), averaged over
/// `batches` of images `[b, c, h, w]` on the autodiff side of the device
/// ([Wu and Johnson 2021](https://arxiv.org/abs/2105.07576), section 3). Running statistics lag behind
/// the weights, and a mean of weights never had any. Frozen normalisations are left out.
pub(crate) fn reestimated<M: Classifier>(
    model: M,
    batches: impl IntoIterator<Item = Tensor<4>>,
) -> FlatTensors {
    let mut batches = batches.into_iter().peekable();
    let Some(first) = batches.peek() else { return FlatTensors::new() };
    let (model, learning) = learning(model, first.clone());
    let after = |model, start, images| after(begun(model, &learning, start), images);
    let (model, from_zero) = after(model, 0.0, first.clone());
    let (mut model, from_one) = after(model, 1.0, first.clone());
    let (mut sums, mut count) = (FlatTensors::new(), 0.0);
    for batch in batches {
        let mut statistics;
        (model, statistics) = after(model, 0.0, batch);
        count += 1.0;
        for name in &learning {
            let Some(values) = statistics.remove(name) else { continue };
            let sum = match sums.remove(name) {
                Some(sum) => sum + values,
                None => values,
            };
            sums.insert(name.clone(), sum);
        }
    }
    // What starts at 1 keeps the share of the old that a batch leaves.
    let share = |name: &str| {
        let kept = (from_one[name].clone() - from_zero[name].clone()).mean();
        1.0 - f64::from(kept.into_scalar::<f32>())
    };
    let mean = |(name, sum): (String, Tensor<1>)| {
        let share = share(&name);
        (name, sum.div_scalar(count * share))
    };
    sums.into_iter().map(mean).collect()
}

/// `model`, and the names of the statistics that a batch changes.
fn learning<M: Classifier>(model: M, images: Tensor<4>) -> (M, BTreeSet<String>) {
    let before = flat::tensors(&model);
    let (model, after) = after(model, images);
    let change =
        |(name, after): (&String, &Tensor<1>)| (after.clone() - before[name].clone()).abs().sum();
    let changes: Vec<_> = after.iter().map(change).collect();
    if changes.is_empty() {
        return (model, BTreeSet::new());
    }
    let changes = Tensor::cat(changes, 0).into_data();
    let changed = after.into_keys().zip(changes.iter::<f32>()).filter(|(_, change)| *change != 0.0);
    (model, changed.map(|(name, _)| name).collect())
}

/// `model` with all statistics of these `names` at `start`.
fn begun<M: Classifier>(model: M, names: &BTreeSet<String>, start: f64) -> M {
    flat::map(model, |tensor| {
        names.contains(tensor.name).then(|| tensor.values.zeros_like().add_scalar(start))
    })
}

/// `model` and its running statistics after one batch.
fn after<M: Classifier>(model: M, images: Tensor<4>) -> (M, FlatTensors) {
    let training = model.train();
    drop(training.logits(images));
    let model = training.valid();
    let mut statistics = flat::tensors(&model);
    statistics.retain(|name, _| is_buffer(name));
    (model, statistics)
}
