//! The mean of every channel, and its gradient.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};

use super::values::{channels_last, dims, from_channels_last, slice, tensor};
use crate::cpu::average_pool;
use crate::cpu::images::{self, Size};
use crate::profile::span;
use crate::registered;

fn describe([_, channels, height, width]: [usize; 4]) -> (String, f64) {
    (format!("{channels}, {height}x{width}"), 0.0)
}

pub(super) fn forward(x: FlexTensor) -> FlexTensor {
    let shape = dims::<4>(&x);
    let [batch, channels, height, width] = shape;
    let size = Size { channels, pixels: height * width };
    let x = channels_last(x);
    let means = span(
        "average pooling",
        || describe(shape),
        || images::sums(slice(&x), None, size, size.pixels),
    );
    tensor(means, [batch, channels])
}

#[derive(Debug)]
struct AveragePool;

impl Backward<Flex, 1> for AveragePool {
    type State = [usize; 4];

    fn backward(self, ops: Ops<[usize; 4], 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let dy = grads.consume::<Flex>(&ops.node).to_contiguous();
        let shape = ops.state;
        let [_, channels, height, width] = shape;
        let [node] = ops.parents;
        if let Some(node) = node {
            let dx = span(
                "average pooling, gradient",
                || describe(shape),
                || average_pool::backward(slice(&dy), channels, height * width),
            );
            grads.register::<Flex>(node.id, from_channels_last(dx, shape));
            registered::note(node.id);
        }
    }
}

pub(super) fn tracked<C: CheckpointStrategy>(
    x: FloatTensor<Autodiff<Flex, C>>,
) -> FloatTensor<Autodiff<Flex, C>> {
    let (x, node) = x.into_parts();
    let shape = dims::<4>(&x);
    let y = forward(x);
    match AveragePool.prepare::<C>([node]).compute_bound().stateful() {
        OpsKind::Tracked(prep) => prep.finish(shape, y),
        OpsKind::UnTracked(prep) => prep.finish(y),
    }
}
