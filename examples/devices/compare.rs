//! How far the results of two devices lie apart, and how far they may.

use resnet::{DeviceChoice, GpuApi};
use serde_json::{Value, json};

use crate::distance::Distance;
use crate::step::Observed;

/// Largest differences, relative, that rounding explains.
///
/// About three times those that PyTorch shows when the factors of its convolutions are rounded as
/// on the device, against double precision (`benches/peers/rounding.py`).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tolerances {
    pub(crate) name: &'static str,
    pub(crate) loss: f64,
    pub(crate) logits: f64,
    /// Of all gradients together.
    pub(crate) gradients: f64,
    /// Of the gradient of one parameter.
    pub(crate) one_gradient: f64,
    pub(crate) statistics: f64,
    /// Of one convolution and its two gradients.
    pub(crate) convolution: f64,
}

const F32: Tolerances = Tolerances {
    name: "f32",
    loss: 1e-5,
    logits: 1e-4,
    gradients: 0.02,
    one_gradient: 0.05,
    statistics: 1e-4,
    convolution: 1e-5,
};

const TF32: Tolerances = Tolerances {
    name: "tf32",
    loss: 1e-3,
    logits: 1e-2,
    gradients: 0.3,
    one_gradient: 0.5,
    statistics: 1e-2,
    convolution: 2e-3,
};

/// Burn rounds the factors of products in f32 to TF32 on CUDA wherever that is faster.
pub(crate) fn tolerances(device: DeviceChoice) -> Tolerances {
    if matches!(device, DeviceChoice::Gpu(GpuApi::Cuda, _)) { TF32 } else { F32 }
}

/// The differences of two steps, and what of them rounding does not explain.
pub(crate) fn compare(found: &Observed, expected: &Observed, most: &Tolerances) -> Value {
    let (mut gradients, mut worst) = (Distance::default(), (String::new(), 0.0));
    for (name, of_reference) in &expected.state.optimizer {
        let distance = Distance::of(found.state.optimizer.get(name), of_reference);
        gradients.add(distance);
        // Not a number is worse than any.
        if distance.relative().total_cmp(&worst.1).is_gt() {
            worst = (name.clone(), distance.relative());
        }
    }
    let measured = [
        ("loss", (found.loss - expected.loss).abs() / expected.loss, most.loss),
        ("logits", Distance::between(&found.logits, &expected.logits).relative(), most.logits),
        ("gradients", gradients.relative(), most.gradients),
        ("one_gradient", worst.1, most.one_gradient),
        ("statistics", statistics(found, expected), most.statistics),
    ];
    let mut object = verdict(&measured);
    // Without the name of the optimizer's slot.
    object["worst_gradient"] = json!(worst.0.split_once('/').map(|(_, name)| name));
    object["tolerances"] = json!(most.name);
    object
}

fn statistics(found: &Observed, expected: &Observed) -> f64 {
    let mut sum = Distance::default();
    for (name, of_reference) in &expected.state.model {
        if name.contains(".running_") {
            sum.add(Distance::of(found.state.model.get(name), of_reference));
        }
    }
    sum.relative()
}

/// What was measured beside what is allowed; `ok` is false if anything is larger or not a number.
pub(crate) fn verdict(measured: &[(&str, f64, f64)]) -> Value {
    let ok = measured.iter().all(|&(_, error, most)| error <= most);
    let mut object = json!({ "ok": ok });
    for &(name, error, most) in measured {
        object[name] = json!({ "error": error, "most": most });
    }
    object
}
