//! Max-pooling and its gradient.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};

use super::values::{channels_last, dims, from_channels_last, recycle, slice};
use crate::PoolWindow;
use crate::cpu::max_pool::{self, Pool};
use crate::profile::span;

/// What the backward pass reads again: where each maximum was.
#[derive(Debug, Clone)]
pub(super) struct Saved {
    places: Arc<Vec<u8>>,
    pool: Pool,
    shape: [usize; 4],
}

pub(super) fn forward(x: FlexTensor, window: PoolWindow) -> (FlexTensor, Saved) {
    let shape = dims::<4>(&x);
    let [batch, channels, height, width] = shape;
    let PoolWindow { kernel, stride, padding } = window;
    let size = |axis: usize, input: usize| {
        let room = (input + 2 * padding[axis]).checked_sub(kernel[axis]);
        room.map_or(0, |room| room / stride[axis] + 1)
    };
    let (input, output) = ([height, width], [size(0, height), size(1, width)]);
    let pool = Pool { channels, input, output, kernel, stride, padding };
    let x = channels_last(x);
    let (y, places) =
        span("max-pooling", || describe(&pool), || max_pool::forward(&pool, slice(&x)));
    let y = from_channels_last(y, [batch, channels, output[0], output[1]]);
    (y, Saved { places: Arc::new(places), pool, shape })
}

fn describe(Pool { channels, input: [height, width], .. }: &Pool) -> (String, f64) {
    (format!("{channels}, {height}x{width}"), 0.0)
}

#[derive(Debug)]
struct MaxPool;

impl Backward<Flex, 1> for MaxPool {
    type State = Saved;

    fn backward(self, ops: Ops<Saved, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let dy = channels_last(grads.consume::<Flex>(&ops.node));
        let Saved { places, pool, shape } = ops.state;
        let [node] = ops.parents;
        if let Some(node) = node {
            let gradient = span(
                "max-pooling, gradient",
                || describe(&pool),
                || max_pool::backward(&pool, &places, slice(&dy)),
            );
            grads.register::<Flex>(node.id, from_channels_last(gradient, shape));
        }
        recycle(dy);
    }
}

pub(super) fn tracked<C: CheckpointStrategy>(
    x: FloatTensor<Autodiff<Flex, C>>,
    window: PoolWindow,
) -> FloatTensor<Autodiff<Flex, C>> {
    let (x, node) = x.into_parts();
    let (y, saved) = forward(x, window);
    match MaxPool.prepare::<C>([node]).compute_bound().stateful() {
        OpsKind::Tracked(prep) => prep.finish(saved, y),
        OpsKind::UnTracked(prep) => prep.finish(y),
    }
}
