//! Batch normalisation in training, with residual and ReLU, and its gradients.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};

use super::values::{constant, dims, recycle, slice, take, tensor};
use crate::cpu::batch_norm::{self, Affine, Size};

fn size(x: &FlexTensor) -> Size {
    let [batch, channels, height, width] = dims(x);
    Size { batch, channels, plane: height * width }
}

/// Output, mean and biased variance.
pub(super) fn forward(
    x: &FlexTensor,
    gamma: &FlexTensor,
    beta: &FlexTensor,
    residual: Option<&FlexTensor>,
    epsilon: f64,
    relu: bool,
) -> (FlexTensor, FlexTensor, FlexTensor) {
    let (size, shape) = (size(x), dims::<4>(x));
    let (x, gamma, beta) = (x.to_contiguous(), gamma.to_contiguous(), beta.to_contiguous());
    let residual = residual.map(FlexTensor::to_contiguous);
    let affine = Affine { gamma: slice(&gamma), beta: slice(&beta), epsilon };
    let done = batch_norm::forward(size, slice(&x), affine, residual.as_ref().map(slice), relu);
    let of_channels = |values| tensor(values, [size.channels]);
    (tensor(done.output, shape), of_channels(done.mean), of_channels(done.variance))
}

/// What the backward pass reads again.
#[derive(Debug, Clone)]
struct Saved {
    x: FlexTensor,
    gamma: FlexTensor,
    mean: FlexTensor,
    variance: FlexTensor,
    /// The output, if ReLU made it.
    y: Option<FlexTensor>,
    epsilon: f64,
}

impl Saved {
    /// Registers the gradients of `[x, gamma, beta]` from the output's gradient, which ReLU masks
    /// where there is a `y`.
    fn register(
        &self,
        dy: FlexTensor,
        y: Option<&FlexTensor>,
        nodes: [Option<NodeId>; 3],
        grads: &mut Gradients,
    ) {
        let (size, shape) = (size(&self.x), dims::<4>(&self.x));
        let saved = batch_norm::Saved {
            x: slice(&self.x),
            mean: slice(&self.mean),
            variance: slice(&self.variance),
            gamma: slice(&self.gamma),
            epsilon: self.epsilon,
        };
        let mut dx = take(dy);
        let affine = batch_norm::backward(size, saved, y.map(slice), &mut dx);
        let [x, gamma, beta] = nodes;
        let of_channels = |values| tensor(values, [size.channels]);
        let gradients = [
            (x, tensor(dx, shape)),
            (gamma, of_channels(affine.gamma)),
            (beta, of_channels(affine.beta)),
        ];
        for (node, gradient) in gradients {
            if let Some(node) = node {
                grads.register::<Flex>(node, gradient);
            }
        }
    }
}

impl Saved {
    fn recycle(self) {
        recycle(self.x);
        self.y.into_iter().for_each(recycle);
    }
}

#[derive(Debug)]
struct BatchNorm;

impl Backward<Flex, 3> for BatchNorm {
    type State = Saved;

    fn backward(self, ops: Ops<Saved, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let dy = grads.consume::<Flex>(&ops.node);
        let nodes = ops.parents.map(|node| node.map(|node| node.id));
        ops.state.register(dy, ops.state.y.as_ref(), nodes, grads);
        ops.state.recycle();
    }
}

fn masked(dy: &FlexTensor, y: &FlexTensor) -> FlexTensor {
    tensor(batch_norm::masked(size(y), slice(dy), slice(y)), dims::<4>(y))
}

#[derive(Debug)]
struct BatchNormWithResidual;

impl Backward<Flex, 4> for BatchNormWithResidual {
    type State = Saved;

    fn backward(self, ops: Ops<Saved, 4>, grads: &mut Gradients, _: &mut Checkpointer) {
        let dy = grads.consume::<Flex>(&ops.node);
        let [x, gamma, beta, residual] = ops.parents.map(|node| node.map(|node| node.id));
        let y = ops.state.y.as_ref();
        if let Some(residual) = residual {
            let gradient = match y {
                Some(y) => masked(&dy.to_contiguous(), y),
                None => dy.clone(),
            };
            grads.register::<Flex>(residual, gradient);
        }
        ops.state.register(dy, y, [x, gamma, beta], grads);
        ops.state.recycle();
    }
}

type Tracked<C> = FloatTensor<Autodiff<Flex, C>>;

pub(super) fn tracked<C: CheckpointStrategy>(
    [x, gamma, beta]: [Tracked<C>; 3],
    epsilon: f64,
    relu: bool,
) -> (Tracked<C>, Tracked<C>, Tracked<C>) {
    let (x, x_node) = x.into_parts();
    let (gamma, gamma_node) = gamma.into_parts();
    let (beta, beta_node) = beta.into_parts();
    let (y, saved) = remembered([x, gamma, beta], None, epsilon, relu);
    let statistics = (constant::<C>(saved.mean.clone()), constant::<C>(saved.variance.clone()));
    let nodes = [x_node, gamma_node, beta_node];
    let y = match BatchNorm.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prep) => prep.finish(saved, y),
        OpsKind::UnTracked(prep) => prep.finish(y),
    };
    (y, statistics.0, statistics.1)
}

pub(super) fn tracked_with_residual<C: CheckpointStrategy>(
    [x, gamma, beta, residual]: [Tracked<C>; 4],
    epsilon: f64,
    relu: bool,
) -> (Tracked<C>, Tracked<C>, Tracked<C>) {
    let (x, x_node) = x.into_parts();
    let (gamma, gamma_node) = gamma.into_parts();
    let (beta, beta_node) = beta.into_parts();
    let (residual, residual_node) = residual.into_parts();
    let (y, saved) = remembered([x, gamma, beta], Some(&residual), epsilon, relu);
    let statistics = (constant::<C>(saved.mean.clone()), constant::<C>(saved.variance.clone()));
    let nodes = [x_node, gamma_node, beta_node, residual_node];
    let y = match BatchNormWithResidual.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prep) => prep.finish(saved, y),
        OpsKind::UnTracked(prep) => prep.finish(y),
    };
    (y, statistics.0, statistics.1)
}

/// The forward pass, and what its backward pass needs.
fn remembered(
    [x, gamma, beta]: [FlexTensor; 3],
    residual: Option<&FlexTensor>,
    epsilon: f64,
    relu: bool,
) -> (FlexTensor, Saved) {
    let (x, gamma) = (x.to_contiguous(), gamma.to_contiguous());
    let (y, mean, variance) = forward(&x, &gamma, &beta, residual, epsilon, relu);
    let saved = Saved { x, gamma, mean, variance, y: relu.then(|| y.clone()), epsilon };
    (y, saved)
}
