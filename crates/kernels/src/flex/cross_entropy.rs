//! Softmax cross-entropy and its gradient.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};

use super::values::{dims, slice, tensor};
use crate::cpu::cross_entropy::{self, Target};
use crate::profile::span;

/// What the backward pass reads again.
#[derive(Debug, Clone)]
pub(super) struct Saved {
    logits: FlexTensor,
    labels: Arc<Vec<usize>>,
    target: Target,
}

fn describe(Target { classes, .. }: Target) -> (String, f64) {
    (format!("{classes} classes"), 0.0)
}

/// Losses `[b]` of `logits` `[b, classes]`; labels are whole numbers.
pub(super) fn forward(
    logits: &FlexTensor,
    labels: &FlexTensor,
    smoothing: f64,
) -> (FlexTensor, Saved) {
    let [batch, classes] = dims::<2>(logits);
    let logits = logits.to_contiguous();
    let labels: Vec<_> =
        slice(&labels.to_contiguous()).iter().map(|&label| label as usize).collect();
    let target = Target { classes, smoothing };
    let losses = span(
        "cross-entropy",
        || describe(target),
        || cross_entropy::forward(target, slice(&logits), &labels),
    );
    (tensor(losses, [batch]), Saved { logits, labels: Arc::new(labels), target })
}

#[derive(Debug)]
struct CrossEntropy;

impl Backward<Flex, 1> for CrossEntropy {
    type State = Saved;

    fn backward(self, ops: Ops<Saved, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<Flex>(&ops.node).to_contiguous();
        let Saved { logits, labels, target } = ops.state;
        let [node] = ops.parents;
        if let Some(node) = node {
            let d_logits = span(
                "cross-entropy, gradient",
                || describe(target),
                || cross_entropy::backward(target, slice(&logits), &labels, slice(&gradient)),
            );
            grads.register::<Flex>(node.id, tensor(d_logits, dims::<2>(&logits)));
        }
    }
}

pub(super) fn tracked<C: CheckpointStrategy>(
    logits: FloatTensor<Autodiff<Flex, C>>,
    labels: &FlexTensor,
    smoothing: f64,
) -> FloatTensor<Autodiff<Flex, C>> {
    let (logits, node) = logits.into_parts();
    let (losses, saved) = forward(&logits, labels, smoothing);
    match CrossEntropy.prepare::<C>([node]).compute_bound().stateful() {
        OpsKind::Tracked(prep) => prep.finish(saved, losses),
        OpsKind::UnTracked(prep) => prep.finish(losses),
    }
}
