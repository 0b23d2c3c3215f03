//! `[train]`: length, batch and seed.

use serde::{Deserialize, Serialize};

/// Length, batch and seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Train {
    /// Passes over the training set.
    pub epochs: u64,
    /// Images per optimizer step.
    pub batch_size: usize,
    /// Seed of the initial weights, the order and the augmentation.
    pub seed: u64,
    /// Epochs between evaluations on the validation set.
    pub epochs_between_evals: u64,
    /// Floats of convolutions and activations in training.
    #[serde(default)]
    pub precision: Precision,
    /// Training batches over which BatchNorm's statistics are averaged before each evaluation, for the
    /// weights as they are; 0 evaluates with the running ones.
    #[serde(default)]
    pub reestimate_batch_norm: usize,
    /// How ranks send each other their gradients; one that trains alone sends none.
    #[serde(default)]
    pub exchange: GradientExchange,
}

/// How ranks send each other their gradients. Sums are taken in 32 bits in any case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GradientExchange {
    /// Through the host's memory, in 32 bits.
    #[default]
    F32,
    /// Through the host's memory, in 16 bits with the range of 32: half the bytes, and every sum is rounded.
    Bf16,
    /// From GPU to GPU by NCCL, in 32 bits; for NVIDIA GPUs of one machine with `--num-gpus`.
    Nccl,
}

/// Floats of convolutions and activations in training. Weights, normalisations, the classifier, the
/// loss and the optimizer have 32 bits in any case ([Micikevicius et al.
/// 2018](https://arxiv.org/abs/1710.03740)).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// 32 bits.
    #[default]
    F32,
    /// 16 bits with the range of 32.
    Bf16,
    /// 16 bits of smaller range: the loss is scaled so that no gradient vanishes, by a factor that
    /// finds itself.
    F16,
}
