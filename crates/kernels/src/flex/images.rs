//! Scaling the channels of images and adding images, and their gradients.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};

use super::values::{channels_last, dims, from_channels_last, slice, take, tensor};
use crate::cpu::images::{self, Size};
use crate::profile::span;
use crate::registered;

fn size([_, channels, height, width]: [usize; 4]) -> Size {
    Size { channels, pixels: height * width }
}

fn describe([_, channels, height, width]: [usize; 4]) -> (String, f64) {
    (format!("{channels}, {height}x{width}"), 0.0)
}

/// Images `[b, h, w, c]` of the shape `[b, c, h, w]`, times `[b, c]`.
fn scale(x: &FlexTensor, scale: &FlexTensor, shape: [usize; 4]) -> FlexTensor {
    let y = span(
        "scaling of channels",
        || describe(shape),
        || images::scaled(slice(x), slice(scale), size(shape)),
    );
    from_channels_last(y, shape)
}

pub(super) fn scaled(x: FlexTensor, factors: &FlexTensor) -> FlexTensor {
    let shape = dims(&x);
    scale(&channels_last(x), &factors.to_contiguous(), shape)
}

pub(super) fn sum(a: FlexTensor, b: FlexTensor, with_relu: bool) -> FlexTensor {
    let shape = dims::<4>(&a);
    let (a, b) = (channels_last(a), channels_last(b));
    let y =
        span("sum of images", || describe(shape), || images::sum(slice(&a), slice(&b), with_relu));
    from_channels_last(y, shape)
}

#[derive(Debug)]
struct Scaled;

/// What the backward pass of [`Scaled`] reads again.
#[derive(Debug, Clone)]
struct Factors {
    /// `[b, h, w, c]`.
    x: FlexTensor,
    /// `[b, c]`.
    scale: FlexTensor,
    shape: [usize; 4],
}

impl Backward<Flex, 2> for Scaled {
    type State = Factors;

    fn backward(self, ops: Ops<Factors, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        registered::forget(ops.node.id);
        let dy = channels_last(grads.consume::<Flex>(&ops.node));
        let Factors { x, scale: factors, shape } = ops.state;
        let [x_node, scale_node] = ops.parents;
        if let Some(node) = scale_node {
            let gradient = span(
                "scaling of channels, gradient",
                || describe(shape),
                || images::sums(slice(&dy), Some(slice(&x)), size(shape), 1),
            );
            grads.register::<Flex>(node.id, tensor(gradient, dims::<2>(&factors)));
        }
        if let Some(node) = x_node {
            grads.register::<Flex>(node.id, scale(&dy, &factors, shape));
            registered::note(node.id);
        }
    }
}

pub(super) fn tracked_scaled<C: CheckpointStrategy>(
    x: FloatTensor<Autodiff<Flex, C>>,
    factors: FloatTensor<Autodiff<Flex, C>>,
) -> FloatTensor<Autodiff<Flex, C>> {
    let ((x, x_node), (factors, scale_node)) = (x.into_parts(), factors.into_parts());
    let shape = dims(&x);
    let (x, factors) = (channels_last(x), factors.to_contiguous());
    let y = scale(&x, &factors, shape);
    match Scaled.prepare::<C>([x_node, scale_node]).compute_bound().stateful() {
        OpsKind::Tracked(prep) => prep.finish(Factors { x, scale: factors, shape }, y),
        OpsKind::UnTracked(prep) => prep.finish(y),
    }
}

#[derive(Debug)]
struct Sum;

impl Backward<Flex, 2> for Sum {
    /// The output, if ReLU made it.
    type State = Option<FlexTensor>;

    fn backward(
        self,
        ops: Ops<Option<FlexTensor>, 2>,
        grads: &mut Gradients,
        _: &mut Checkpointer,
    ) {
        registered::forget(ops.node.id);
        let mut dy = grads.consume::<Flex>(&ops.node);
        if let Some(y) = ops.state {
            let shape = dims::<4>(&dy);
            let mut masked = take(channels_last(dy));
            images::mask(&mut masked, slice(&channels_last(y)));
            dy = from_channels_last(masked, shape);
        }
        for node in ops.parents.into_iter().flatten() {
            grads.register::<Flex>(node.id, dy.clone());
            registered::note(node.id);
        }
    }
}

pub(super) fn tracked_sum<C: CheckpointStrategy>(
    a: FloatTensor<Autodiff<Flex, C>>,
    b: FloatTensor<Autodiff<Flex, C>>,
    with_relu: bool,
) -> FloatTensor<Autodiff<Flex, C>> {
    let ((a, a_node), (b, b_node)) = (a.into_parts(), b.into_parts());
    let y = sum(a, b, with_relu);
    match Sum.prepare::<C>([a_node, b_node]).compute_bound().stateful() {
        OpsKind::Tracked(prep) => prep.finish(with_relu.then(|| y.clone()), y),
        OpsKind::UnTracked(prep) => prep.finish(y),
    }
}
