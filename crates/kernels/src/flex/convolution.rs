//! Convolution and its gradients.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};
use burn::tensor::ops::ConvOptions;

use super::values::{channels_last, dims, from_channels_last, recycle, slice, take, tensor};
use super::{Epilogue, packed};
use crate::cpu::convolution::{self, Packed};
use crate::cpu::finish::Finish;
use crate::cpu::geometry::Geometry;
use crate::profile::span;
use crate::registered;

fn geometry(x: [usize; 4], weight: [usize; 4], options: &ConvOptions<2>) -> Geometry {
    let [batch, in_channels, height, width] = x;
    let [out_channels, _, kh, kw] = weight;
    let size = |axis: usize, input: usize, kernel: usize| {
        let (before, after) = options.padding[axis];
        let reach = options.dilation[axis] * (kernel - 1) + 1;
        (input + before + after)
            .checked_sub(reach)
            .map_or(0, |room| room / options.stride[axis] + 1)
    };
    Geometry {
        batch,
        in_channels,
        out_channels,
        groups: options.groups,
        input: [height, width],
        output: [size(0, height, kh), size(1, width, kw)],
        kernel: [kh, kw],
        stride: options.stride,
        padding: options.padding.map(|(before, _)| before),
        dilation: options.dilation,
    }
}

/// Output of `x` `[b, h, w, c]`.
fn convolve(
    geometry: &Geometry,
    x: &FlexTensor,
    (weight, packed): (&FlexTensor, &Packed),
    finish: Finish<'_>,
) -> FlexTensor {
    let weight = weight.to_contiguous();
    let y = span(
        "convolution",
        || geometry.describe(),
        || convolution::forward(geometry, slice(x), (slice(&weight), packed), finish),
    );
    let [height, width] = geometry.output;
    from_channels_last(y, [geometry.batch, geometry.out_channels, height, width])
}

pub(super) fn forward(x: FlexTensor, weight: &FlexTensor, options: &ConvOptions<2>) -> FlexTensor {
    let geometry = geometry(dims(&x), dims(weight), options);
    let packed = packed::kept(&geometry, weight);
    convolve(&geometry, &channels_last(x), (weight, &packed), Finish::default())
}

pub(super) fn finished(
    x: FlexTensor,
    weight: &FlexTensor,
    epilogue: Epilogue<Flex>,
    options: &ConvOptions<2>,
) -> FlexTensor {
    let geometry = geometry(dims(&x), dims(weight), options);
    let (scale, shift) = (epilogue.scale.to_contiguous(), epilogue.shift.to_contiguous());
    let residual = epilogue.residual.into_option().map(channels_last);
    let finish = Finish {
        scale_and_shift: Some((slice(&scale), slice(&shift))),
        residual: residual.as_ref().map(slice),
        relu: epilogue.relu,
    };
    let x = channels_last(x);
    let packed = packed::kept(&geometry, weight);
    let y = convolve(&geometry, &x, (weight, &packed), finish);
    recycle(x);
    residual.into_iter().for_each(recycle);
    y
}

#[derive(Debug)]
struct Convolution;

/// What the backward pass reads again.
#[derive(Debug, Clone)]
struct Saved {
    /// `[b, h, w, c]`.
    x: FlexTensor,
    weight: FlexTensor,
    geometry: Geometry,
}

impl Backward<Flex, 2> for Convolution {
    type State = Saved;

    fn backward(self, ops: Ops<Saved, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        registered::forget(ops.node.id);
        let dy = channels_last(grads.consume::<Flex>(&ops.node));
        let Saved { x, weight, geometry } = ops.state;
        let [node_x, node_weight] = ops.parents;
        if let Some(node) = node_weight {
            let gradient = span(
                "convolution, weight gradient",
                || geometry.describe(),
                || convolution::weight_gradient(&geometry, slice(&x), slice(&dy)),
            );
            grads.register::<Flex>(node.id, tensor(gradient, dims::<4>(&weight)));
        }
        recycle(x);
        if let Some(node) = node_x {
            // A leaf of the graph keeps its gradient when it is consumed.
            let is_first = node.parents.is_empty() || !registered::forget(node.id);
            let onto = (!is_first).then(|| take(channels_last(grads.consume::<Flex>(&node))));
            let weight = slice(&weight);
            let packed = span(
                "convolution, packing of weights",
                || (geometry.describe().0, 0.0),
                || Packed::backward(&geometry, weight),
            );
            let dx = span(
                "convolution, data gradient",
                || geometry.describe(),
                || convolution::input_gradient(&geometry, slice(&dy), (weight, &packed), onto),
            );
            let [height, width] = geometry.input;
            let shape = [geometry.batch, geometry.in_channels, height, width];
            grads.register::<Flex>(node.id, from_channels_last(dx, shape));
            registered::note(node.id);
        }
        recycle(dy);
    }
}

pub(super) fn tracked<C: CheckpointStrategy>(
    x: FloatTensor<Autodiff<Flex, C>>,
    weight: FloatTensor<Autodiff<Flex, C>>,
    options: &ConvOptions<2>,
) -> FloatTensor<Autodiff<Flex, C>> {
    let ((x, x_node), (weight, weight_node)) = (x.into_parts(), weight.into_parts());
    let geometry = geometry(dims(&x), dims(&weight), options);
    let (x, weight) = (channels_last(x), weight.to_contiguous());
    packed::forget_old();
    let packed = packed::once(&geometry, &weight);
    let y = convolve(&geometry, &x, (&weight, &packed), Finish::default());
    match Convolution.prepare::<C>([x_node, weight_node]).compute_bound().stateful() {
        OpsKind::Tracked(prep) => prep.finish(Saved { x, weight, geometry }, y),
        OpsKind::UnTracked(prep) => prep.finish(y),
    }
}
