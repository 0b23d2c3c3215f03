//! Batch normalisation as PyTorch defines it.

use std::sync::Arc;

use burn::module::{Flag, Module, Param, RunningState};
use burn::tensor::Tensor;
use burn::tensor::module::batch_norm;
use resnet_kernels::SumOverRanks;

use crate::then::{Then, activated};

/// Batch normalisation over the channels of `[b, c, h, w]`
/// ([Ioffe and Szegedy 2015](https://arxiv.org/abs/1502.03167)).
///
/// Differs from Burn's own module in one point: the running variance is updated with the
/// *unbiased* batch variance, as `torch.nn.BatchNorm2d` does, so that numbers agree for small
/// batches too. Fields carry PyTorch's names.
#[derive(Module, Debug)]
pub struct BatchNorm {
    /// Scale of each channel, `[c]`.
    pub weight: Param<Tensor<1>>,
    /// Shift of each channel, `[c]`.
    pub bias: Param<Tensor<1>>,
    /// Running mean of each channel, `[c]`, used outside training.
    pub running_mean: RunningState<Tensor<1>>,
    /// Running variance of each channel, `[c]`, used outside training.
    pub running_var: RunningState<Tensor<1>>,
    /// Whether batches are to be learned from; `freeze()` of this layer or of any module around it
    /// switches it off.
    pub training: Param<Flag>,
    /// Share of the newest batch in the running statistics.
    pub momentum: f64,
    /// Added to the variance before the square root.
    pub epsilon: f64,
    /// Other devices whose batches count for the statistics too, if they are synchronised.
    #[module(skip)]
    pub ranks: Option<Arc<dyn SumOverRanks>>,
}

impl BatchNorm {
    /// Normalises `x_bchw`; on an autodiff device with the batch's statistics, which also update
    /// the running ones, elsewhere or when frozen with the running statistics.
    #[must_use]
    pub fn forward(&self, x_bchw: Tensor<4>) -> Tensor<4> {
        self.forward_then(x_bchw, Then::default())
    }

    /// [`forward`](Self::forward) and what follows it.
    pub(crate) fn forward_then(&self, x_bchw: Tensor<4>, then: Then) -> Tensor<4> {
        if self.learns_from(&x_bchw) {
            return self.forward_train(x_bchw, then);
        }
        if !x_bchw.device().is_autodiff() {
            let (relu, rest) = Then::split(then.activation);
            let affine = self.running_affine();
            return activated(resnet_kernels::affine(x_bchw, affine, then.residual, relu), rest);
        }
        let (mean, variance) = (self.running_mean.value(), self.running_var.value());
        let (gamma, beta) = (self.weight.val(), self.bias.val());
        then.apply(batch_norm(x_bchw, gamma, beta, mean, variance, self.epsilon))
    }

    /// Whether `x_bchw` is normalised with its own statistics.
    pub(crate) fn learns_from(&self, x_bchw: &Tensor<4>) -> bool {
        x_bchw.device().is_autodiff() && self.training.val().is_enabled()
    }

    /// Scale and shift of each channel, `[c]` each, that normalise with the running statistics.
    pub(crate) fn running_affine(&self) -> (Tensor<1>, Tensor<1>) {
        let variance = self.running_var.value();
        let scale = self.weight.val() / variance.add_scalar(self.epsilon).sqrt();
        let shift = self.bias.val() - self.running_mean.value() * scale.clone();
        (scale, shift)
    }

    fn forward_train(&self, x_bchw: Tensor<4>, then: Then) -> Tensor<4> {
        let affine = (self.weight.val(), self.bias.val());
        let (relu, rest) = Then::split(then.activation);
        let (residual, epsilon) = (then.residual, self.epsilon);
        let batch = match &self.ranks {
            None => resnet_kernels::batch_norm_train(x_bchw, affine, residual, relu, epsilon),
            Some(ranks) => {
                resnet_kernels::batch_norm_among(ranks, x_bchw, affine, residual, relu, epsilon)
            }
        };
        let unbiased = batch.variance.mul_scalar(batch.count / (batch.count - 1.0).max(1.0));
        self.update(&self.running_mean, batch.mean);
        self.update(&self.running_var, unbiased);
        activated(batch.output, rest)
    }

    fn update(&self, running: &RunningState<Tensor<1>>, batch: Tensor<1>) {
        let old = running.value_sync().mul_scalar(1.0 - self.momentum);
        running.update((old + batch.detach().mul_scalar(self.momentum)).detach());
    }
}
