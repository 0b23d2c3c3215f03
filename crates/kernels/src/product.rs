//! The product of two matrices as an operation of Burn's backends for GPUs, and its backward pass.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::fusion::custom::TensorSpec;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, backend_extension};
use burn::tensor::Shape;

/// The product of two matrices.
#[backend_extension(Cube, Autodiff, Fusion)]
pub(crate) trait Product: Backend {
    /// Of `[n, k]` and `[k, m]`.
    #[fusion(meta = |lhs, rhs| {
        TensorSpec::new(Shape::new([lhs.shape[0], rhs.shape[1]]), lhs.dtype)
    })]
    fn product(lhs: FloatTensor<Self>, rhs: FloatTensor<Self>) -> FloatTensor<Self>;
}

/// One step of the backward pass.
#[derive(Debug)]
struct Step;

impl<B: Product> Backward<B, 2> for Step {
    type State = (FloatTensor<B>, FloatTensor<B>);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let (lhs, rhs) = ops.state;
        let gradient = grads.consume::<B>(&ops.node);
        let [lhs_node, rhs_node] = ops.parents;
        if let Some(node) = rhs_node {
            let transposed = B::float_swap_dims(lhs, 0, 1);
            grads.register::<B>(node.id, B::product(transposed, gradient.clone()));
        }
        if let Some(node) = lhs_node {
            grads.register::<B>(node.id, B::product(gradient, B::float_swap_dims(rhs, 0, 1)));
        }
    }
}

impl<B: Product, C: CheckpointStrategy> Product for Autodiff<B, C> {
    fn product(lhs: FloatTensor<Self>, rhs: FloatTensor<Self>) -> FloatTensor<Self> {
        let (lhs, lhs_node) = lhs.into_parts();
        let (rhs, rhs_node) = rhs.into_parts();
        let saved = (lhs.clone(), rhs.clone());
        let product = B::product(lhs, rhs);
        let nodes = [lhs_node, rhs_node];
        match Backward::<B, 2>::prepare::<C>(Step, nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(saved, product),
            OpsKind::UnTracked(prep) => prep.finish(product),
        }
    }
}
