//! Convolution as an operation of Burn's backends for GPUs, and its backward pass.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::fusion::custom::TensorSpec;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, backend_extension};
use burn::tensor::Shape;

use crate::geometry::Geometry;

/// Convolution without bias, dilation and groups.
#[backend_extension(Cube, Autodiff, Fusion)]
pub(crate) trait Convolution: Backend {
    /// The output of `geometry`.
    #[fusion(meta = |x, _weight, geometry| {
        TensorSpec::new(Shape::new(geometry.output()), x.dtype)
    })]
    fn convolution(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        geometry: Geometry,
    ) -> FloatTensor<Self>;
}

/// The gradients of [`Convolution`]; they have none of their own.
#[backend_extension(Cube, Fusion)]
pub(crate) trait ConvolutionBackward: Convolution {
    /// Of the input, from the output's gradient.
    #[fusion(meta = |dy, _weight, geometry| TensorSpec::new(Shape::new(geometry.input), dy.dtype))]
    fn data_gradient(
        dy: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        geometry: Geometry,
    ) -> FloatTensor<Self>;

    /// Of the weights, from the output's gradient.
    #[fusion(meta = |dy, _x, geometry| TensorSpec::new(Shape::new(geometry.weight), dy.dtype))]
    fn weight_gradient(
        dy: FloatTensor<Self>,
        x: FloatTensor<Self>,
        geometry: Geometry,
    ) -> FloatTensor<Self>;
}

/// One step of the backward pass.
#[derive(Debug)]
struct Step;

impl<B: ConvolutionBackward> Backward<B, 2> for Step {
    type State = (FloatTensor<B>, FloatTensor<B>, Geometry);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let (x, weight, geometry) = ops.state;
        let dy = grads.consume::<B>(&ops.node);
        let [x_node, weight_node] = ops.parents;
        if let Some(node) = weight_node {
            grads.register::<B>(node.id, B::weight_gradient(dy.clone(), x, geometry));
        }
        if let Some(node) = x_node {
            grads.register::<B>(node.id, B::data_gradient(dy, weight, geometry));
        }
    }
}

impl<B: ConvolutionBackward, C: CheckpointStrategy> Convolution for Autodiff<B, C> {
    fn convolution(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        geometry: Geometry,
    ) -> FloatTensor<Self> {
        let (x, x_node) = x.into_parts();
        let (weight, weight_node) = weight.into_parts();
        let saved = (x.clone(), weight.clone(), geometry);
        let y = B::convolution(x, weight, geometry);
        let nodes = [x_node, weight_node];
        match Backward::<B, 2>::prepare::<C>(Step, nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(saved, y),
            OpsKind::UnTracked(prep) => prep.finish(y),
        }
    }
}
