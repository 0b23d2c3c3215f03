//! Batch normalisation in training as one operation of Burn's backends, and its backward pass.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, NodeGuard, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend, ExtensionType, backend_extension};

/// A tensor that may be left out.
#[derive(Debug, Clone, ExtensionType)]
#[extension_type(fusion: cfg(feature = "cube"))]
pub(crate) enum Maybe<B: Backend> {
    /// It is there.
    Some(FloatTensor<B>),
    /// It is not.
    None,
}

impl<B: Backend> From<Option<FloatTensor<B>>> for Maybe<B> {
    fn from(tensor: Option<FloatTensor<B>>) -> Self {
        tensor.map_or(Self::None, Self::Some)
    }
}

impl<B: Backend> Maybe<B> {
    pub(crate) fn into_option(self) -> Option<FloatTensor<B>> {
        match self {
            Self::Some(tensor) => Some(tensor),
            Self::None => None,
        }
    }
}

/// Batch normalisation of `x` `[b, c, h, w]` with the batch's statistics, the residual and ReLU.
#[backend_extension(
    Flex: cfg(feature = "flex"),
    Cube: cfg(feature = "cube"),
    Autodiff,
    Fusion: cfg(feature = "cube")
)]
pub(crate) trait Normalisation: Backend {
    /// Output, mean and biased variance; the statistics carry no gradient.
    #[fusion(meta = |x, gamma, beta, _residual, _epsilon, _relu| {
        (x.clone(), gamma.clone(), beta.clone())
    })]
    fn normalisation(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        #[extension_type] residual: Maybe<Self>,
        epsilon: f64,
        relu: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

/// What the backward pass reads again.
#[derive(Debug, Clone, ExtensionType)]
#[extension_type(fusion: cfg(feature = "cube"))]
pub(crate) struct Saved<B: Backend> {
    /// The input.
    pub(crate) x: FloatTensor<B>,
    /// Scale of each channel.
    pub(crate) gamma: FloatTensor<B>,
    /// Mean of each channel.
    pub(crate) mean: FloatTensor<B>,
    /// Biased variance of each channel.
    pub(crate) variance: FloatTensor<B>,
    /// The output, if ReLU made it.
    #[extension_type]
    pub(crate) y: Maybe<B>,
}

/// Gradients of everything that normalisation takes in.
#[derive(Debug, ExtensionType)]
#[extension_type(fusion: cfg(feature = "cube"))]
pub(crate) struct NormGradients<B: Backend> {
    /// Of the input.
    pub(crate) x: FloatTensor<B>,
    /// Of the scale.
    pub(crate) gamma: FloatTensor<B>,
    /// Of the shift.
    pub(crate) beta: FloatTensor<B>,
    /// Of the residual, if it is asked for.
    #[extension_type]
    pub(crate) residual: Maybe<B>,
}

/// The gradients of [`Normalisation`]; they have none of their own.
#[backend_extension(
    Flex: cfg(feature = "flex"),
    Cube: cfg(feature = "cube"),
    Fusion: cfg(feature = "cube")
)]
pub(crate) trait NormalisationBackward: Normalisation {
    /// From the output's gradient `dy`.
    #[fusion(meta = |dy, saved, _epsilon, with_residual| NormGradientsMetadata {
        x: dy.clone(),
        gamma: saved.gamma.clone(),
        beta: saved.gamma.clone(),
        residual: if *with_residual { MaybeMetadata::Some(dy.clone()) } else { MaybeMetadata::None },
    })]
    fn normalisation_gradients(
        dy: FloatTensor<Self>,
        #[extension_type] saved: Saved<Self>,
        epsilon: f64,
        with_residual: bool,
    ) -> NormGradients<Self>;
}

/// One step of the backward pass, with the input's, scale's, shift's and perhaps the residual's node.
#[derive(Debug)]
struct BatchNorm {
    epsilon: f64,
}

impl BatchNorm {
    fn register<B: NormalisationBackward>(
        &self,
        (dy, saved): (FloatTensor<B>, Saved<B>),
        [x, gamma, beta]: [Option<NodeId>; 3],
        residual: Option<NodeId>,
        grads: &mut Gradients,
    ) {
        let done = B::normalisation_gradients(dy, saved, self.epsilon, residual.is_some());
        let with_node = [(x, Some(done.x)), (gamma, Some(done.gamma)), (beta, Some(done.beta))];
        for pair in with_node.into_iter().chain([(residual, done.residual.into_option())]) {
            if let (Some(node), Some(gradient)) = pair {
                grads.register::<B>(node, gradient);
            }
        }
    }
}

impl<B: NormalisationBackward> Backward<B, 3> for BatchNorm {
    type State = Saved<B>;

    fn backward(self, ops: Ops<Saved<B>, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let dy = grads.consume::<B>(&ops.node);
        let nodes = ops.parents.map(|node| node.map(|node| node.id));
        self.register((dy, ops.state), nodes, None, grads);
    }
}

impl<B: NormalisationBackward> Backward<B, 4> for BatchNorm {
    type State = Saved<B>;

    fn backward(self, ops: Ops<Saved<B>, 4>, grads: &mut Gradients, _: &mut Checkpointer) {
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
        let y = tracked::<B, C>((y, saved), nodes, residual_node, epsilon);
        (y, Self::from_inner(mean), Self::from_inner(variance))
    }
}

/// The output as a node of the graph.
fn tracked<B: NormalisationBackward, C: CheckpointStrategy>(
    (y, saved): (FloatTensor<B>, Saved<B>),
    [x, gamma, beta]: [NodeGuard; 3],
    residual: Option<NodeGuard>,
    epsilon: f64,
) -> FloatTensor<Autodiff<B, C>> {
    let step = BatchNorm { epsilon };
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
