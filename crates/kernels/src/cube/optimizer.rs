//! Steps of SGD and LARS: every number is read and written once, in place where nobody else holds it, and read once
//! more before where the length of the step depends on those of all.

use burn::tensor::{DType, Shape};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::zeros_client;
use burn_cubecl::tensor::CubeTensor;

use super::device::optimizer::{self as device, SgdNumbersLaunch};
use super::lengths;
use super::table::{cube, cubes};
use crate::rules::{Lars, OfVelocity, Sgd};

/// Weight and velocity.
pub(super) fn with_velocity(
    weight: CubeTensor,
    gradient: CubeTensor,
    velocity: Option<CubeTensor>,
    rule: OfVelocity,
) -> (CubeTensor, CubeTensor) {
    let velocity = writable(velocity.unwrap_or_else(|| zeros_like(&weight)));
    let (weight, gradient) = (writable(weight), into_contiguous(gradient));
    let lengths = match rule {
        OfVelocity::Sgd(_) => None,
        OfVelocity::Lars(_) => Some(lengths::of(&weight, &gradient)),
    };
    let (vector, count) = vectors(&weight);
    device::sgd::launch(
        &weight.client,
        cubes(count),
        cube(),
        vector,
        weight.clone().into_tensor_arg(),
        gradient.clone().into_tensor_arg(),
        velocity.clone().into_tensor_arg(),
        lengths.as_ref().unwrap_or(&gradient).clone().into_tensor_arg(),
        numbers(rule),
        count,
        matches!(rule, OfVelocity::Sgd(Sgd { nesterov: true, .. })),
        lengths.is_some(),
    );
    (weight, velocity)
}

fn numbers(rule: OfVelocity) -> SgdNumbersLaunch {
    let numbers = match rule {
        OfVelocity::Sgd(Sgd { lr, momentum, decay, .. }) => [lr, momentum, decay, 0.0, 0.0],
        OfVelocity::Lars(Lars { lr, momentum, decay, trust, eps }) => {
            [lr, momentum, decay, trust, eps]
        }
    };
    let [lr, momentum, decay, trust, eps] = numbers.map(|number| number as f32);
    SgdNumbersLaunch::new(lr, momentum, decay, trust, eps)
}

/// What is remembered before the first step.
pub(super) fn zeros_like(weight: &CubeTensor) -> CubeTensor {
    let shape = Shape::new([weight.meta.num_elements()]);
    zeros_client(weight.client.clone(), weight.device.clone(), shape, DType::F32)
}

/// The tensor, or a copy of it if somebody else holds it.
pub(super) fn writable(tensor: CubeTensor) -> CubeTensor {
    let tensor = into_contiguous(tensor);
    if tensor.can_mut() { tensor } else { tensor.copy() }
}

/// Neighbours that a thread takes at once, and how often they fit into a flat tensor.
pub(super) fn vectors(flat: &CubeTensor) -> (usize, usize) {
    let count = flat.meta.num_elements();
    let vector = [4, 2].into_iter().find(|&n| count.is_multiple_of(n)).unwrap_or(1);
    (vector, count / vector)
}
