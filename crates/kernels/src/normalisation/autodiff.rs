//! Batch normalisation as a step of the backward pass.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, NodeGuard, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend};

use super::{
    Affine, InputGradients, Maybe, NormGradients, Normalisation, NormalisationBackward, Saved,
};
use crate::ranks::Shared;

/// One step of the backward pass, with the input's, scale's, shift's and perhaps the residual's node.
#[derive(Debug)]
struct BatchNorm {
    epsilon: f64,
    /// The ranks whose statistics normalised.
    shared: Option<Shared>,
}

impl BatchNorm {
    /// Scale and shift get the gradients of this rank, which are summed with all others at the end of
    /// the backward pass; the input's gradient needs the sums of all ranks now.
    fn gradients<B: NormalisationBackward>(
        &self,
        dy: FloatTensor<B>,
        saved: Saved<B>,
        with_residual: bool,
    ) -> NormGradients<B> {
        let Some(shared) = &self.shared else {
            return B::normalisation_gradients(dy, saved, self.epsilon, with_residual);
        };
        let (gamma, beta) = B::affine_gradients(dy.clone(), saved.clone(), self.epsilon);
        let [of_all_gamma, of_all_beta] = shared.sums::<B>([gamma.clone(), beta.clone()]);
        let (count, epsilon) = (shared.count, self.epsilon);
        let of_all = (of_all_gamma, of_all_beta);
        let InputGradients { x, residual } =
            B::input_gradients(dy, saved, of_all.0, of_all.1, count, epsilon, with_residual);
        NormGradients { x, gamma, beta, residual }
    }

    fn register<B: NormalisationBackward>(
        &self,
        (dy, saved): (FloatTensor<B>, Saved<B>),
        [x, gamma, beta]: [Option<NodeId>; 3],
        residual: Option<NodeId>,
        grads: &mut Gradients,
    ) {
        let done = self.gradients::<B>(dy, saved, residual.is_some());
        let with_node = [(x, Some(done.x)), (gamma, Some(done.gamma)), (beta, Some(done.beta))];
        for pair in with_node.into_iter().chain([(residual, done.residual.into_option())]) {
            if let (Some(node), Some(gradient)) = pair {
                grads.register::<B>(node, gradient);
                #[cfg(feature = "flex")]
                crate::registered::note(node);
            }
        }
    }
}

impl<B: NormalisationBackward> Backward<B, 3> for BatchNorm {
    type State = Saved<B>;

    fn backward(self, ops: Ops<Saved<B>, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        #[cfg(feature = "flex")]
        crate::registered::forget(ops.node.id);
        let dy = grads.consume::<B>(&ops.node);
        let nodes = ops.parents.map(|node| node.map(|node| node.id));
        self.register((dy, ops.state), nodes, None, grads);
    }
}

impl<B: NormalisationBackward> Backward<B, 4> for BatchNorm {
    type State = Saved<B>;

    fn backward(self, ops: Ops<Saved<B>, 4>, grads: &mut Gradients, _: &mut Checkpointer) {
        #[cfg(feature = "flex")]
        crate::registered::forget(ops.node.id);
        let dy = grads.consume::<B>(&ops.node);
        let [x, gamma, beta, residual] = ops.parents.map(|node| node.map(|node| node.id));
        self.register((dy, ops.state), [x, gamma, beta], residual, grads);
    }
}

impl<B: NormalisationBackward, C: CheckpointStrategy> Normalisation for Autodiff<B, C> {
    fn normalisation(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        residual: Maybe<Self>,
        epsilon: f64,
        relu: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let (x, x_node) = x.into_parts();
        let (gamma, gamma_node) = gamma.into_parts();
        let (beta, beta_node) = beta.into_parts();
        let (residual, residual_node) =
            residual.into_option().map(FloatTensor::<Self>::into_parts).unzip();
        let kept = (x.clone(), gamma.clone());
        let (y, mean, variance) = B::normalisation(x, gamma, beta, residual.into(), epsilon, relu);
        let saved = Saved {
            x: kept.0,
            gamma: kept.1,
            mean: mean.clone(),
            variance: variance.clone(),
            y: relu.then(|| y.clone()).into(),
        };
        let nodes = [x_node, gamma_node, beta_node];
        let step = BatchNorm { epsilon, shared: None };
        let y = tracked::<B, C>((y, saved), nodes, residual_node, step);
        (y, Self::from_inner(mean), Self::from_inner(variance))
    }

    fn moments(x: FloatTensor<Self>) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let (mean, variance) = B::moments(x.into_primitive());
        (Self::from_inner(mean), Self::from_inner(variance))
    }

    fn shared_normalisation(
        x: FloatTensor<Self>,
        affine: Affine<Self>,
        residual: Maybe<Self>,
        shared: Shared,
        epsilon: f64,
        relu: bool,
    ) -> FloatTensor<Self> {
        let (x, x_node) = x.into_parts();
        let (gamma, gamma_node) = affine.gamma.into_parts();
        let (beta, beta_node) = affine.beta.into_parts();
        let (mean, variance) = (affine.mean.into_primitive(), affine.variance.into_primitive());
        let (residual, residual_node) =
            residual.into_option().map(FloatTensor::<Self>::into_parts).unzip();
        let affine = Affine::<B> { gamma, beta, mean, variance };
        let y = B::shared_normalisation(
            x.clone(),
            affine.clone(),
            residual.into(),
            shared.clone(),
            epsilon,
            relu,
        );
        let Affine { gamma, mean, variance, .. } = affine;
        let saved = Saved { x, gamma, mean, variance, y: relu.then(|| y.clone()).into() };
        let nodes = [x_node, gamma_node, beta_node];
        let step = BatchNorm { epsilon, shared: Some(shared) };
        tracked::<B, C>((y, saved), nodes, residual_node, step)
    }
}

/// The output as a node of the graph.
fn tracked<B: NormalisationBackward, C: CheckpointStrategy>(
    (y, saved): (FloatTensor<B>, Saved<B>),
    [x, gamma, beta]: [NodeGuard; 3],
    residual: Option<NodeGuard>,
    step: BatchNorm,
) -> FloatTensor<Autodiff<B, C>> {
    match residual {
        Some(residual) => {
            let parents = [x, gamma, beta, residual];
            match Backward::<B, 4>::prepare::<C>(step, parents).compute_bound().stateful() {
                OpsKind::Tracked(prep) => prep.finish(saved, y),
                OpsKind::UnTracked(prep) => prep.finish(y),
            }
        }
        None => {
            let parents = [x, gamma, beta];
            match Backward::<B, 3>::prepare::<C>(step, parents).compute_bound().stateful() {
                OpsKind::Tracked(prep) => prep.finish(saved, y),
                OpsKind::UnTracked(prep) => prep.finish(y),
            }
        }
    }
}
