//! Batch normalisation in training as one operation of Burn's backends, and its backward pass; and the
//! parts of both, between which ranks exchange sums.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, NodeGuard, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend, ExtensionType, backend_extension};

use crate::ranks::Shared;

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

/// What normalises, `[c]` each.
#[derive(Debug, Clone, ExtensionType)]
#[extension_type(fusion: cfg(feature = "cube"))]
pub(crate) struct Affine<B: Backend> {
    /// Scale.
    pub(crate) gamma: FloatTensor<B>,
    /// Shift.
    pub(crate) beta: FloatTensor<B>,
    /// Mean, of all ranks.
    pub(crate) mean: FloatTensor<B>,
    /// Biased variance, of all ranks.
    pub(crate) variance: FloatTensor<B>,
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

    /// Mean and biased variance of each channel, f32, without a gradient.
    #[fusion(meta = |x| (of_channels(x), of_channels(x)))]
    fn moments(x: FloatTensor<Self>) -> (FloatTensor<Self>, FloatTensor<Self>);

    /// The output for the statistics of all ranks; what the backward pass sums is summed over them too.
    #[fusion(meta = |x, _affine, _residual, _shared, _epsilon, _relu| x.clone())]
    fn shared_normalisation(
        x: FloatTensor<Self>,
        #[extension_type] affine: Affine<Self>,
        #[extension_type] residual: Maybe<Self>,
        shared: Shared,
        epsilon: f64,
        relu: bool,
    ) -> FloatTensor<Self>;
}

#[cfg(feature = "cube")]
fn of_channels(
    x: &burn::backend::fusion::custom::TensorSpec,
) -> burn::backend::fusion::custom::TensorSpec {
    let shape = burn::tensor::Shape::new([x.shape[1]]);
    burn::backend::fusion::custom::TensorSpec::new(shape, burn::tensor::DType::F32)
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

    /// The gradients of scale and shift alone.
    #[fusion(meta = |_dy, saved, _epsilon| (saved.gamma.clone(), saved.gamma.clone()))]
    fn affine_gradients(
        dy: FloatTensor<Self>,
        #[extension_type] saved: Saved<Self>,
        epsilon: f64,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);

    /// The gradients of input and residual from those of scale and shift, `gamma` and `beta`, which are
    /// of `count` numbers of each channel.
    #[fusion(meta = |dy, saved, _gamma, _beta, _count, _epsilon, with_residual| InputGradientsMetadata {
        x: saved.x.clone(),
        residual: if *with_residual { MaybeMetadata::Some(dy.clone()) } else { MaybeMetadata::None },
    })]
    fn input_gradients(
        dy: FloatTensor<Self>,
        #[extension_type] saved: Saved<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        count: f64,
        epsilon: f64,
        with_residual: bool,
    ) -> InputGradients<Self>;
}

/// Gradients of what has an image's shape.
#[derive(Debug, ExtensionType)]
#[extension_type(fusion: cfg(feature = "cube"))]
pub(crate) struct InputGradients<B: Backend> {
    /// Of the input.
    pub(crate) x: FloatTensor<B>,
    /// Of the residual, if it is asked for.
    #[extension_type]
    pub(crate) residual: Maybe<B>,
}

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
