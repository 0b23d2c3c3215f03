//! Sums that stay on the device until somebody asks.

use burn::tensor::{Bool, Tensor};
use resnet_recipe::Totals;

use crate::host;
use crate::input::DeviceBatch;
use crate::loss::in_top_k;

/// Counts every batch on the device without waiting for it; reading the counts does wait.
#[derive(Debug, Clone, Default)]
pub struct Meter {
    batches: Vec<Counted>,
}

/// A batch: its examples, its sums `[3]`, and 1 or 0 for a step that was kept or undone, `[1]`.
#[derive(Debug, Clone)]
struct Counted {
    examples: f64,
    sums: Tensor<1>,
    kept: Tensor<1>,
}

/// What became of one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepTotals {
    /// The sums over its examples.
    pub totals: Totals,
    /// Whether it was kept; see [`step_if_finite`](crate::learner::Learner::step_if_finite).
    pub kept: bool,
}

impl Meter {
    /// Adds a batch: its cross-entropy per example `[b]` and its logits `[b, classes]`, both without
    /// autodiff.
    pub fn add(&mut self, cross_entropy: Tensor<1>, logits: Tensor<2>, batch: &DeviceBatch) {
        let labels = batch.labels.clone().inner();
        let top1 = in_top_k(logits.clone(), labels.clone(), 1);
        let top5 = in_top_k(logits, labels, 5);
        self.add_right(cross_entropy, [top1, top5], batch);
    }

    /// As [`add`](Self::add), with what counts as the answers being right: top-1 and top-5, `[b]` each.
    pub(crate) fn add_right(
        &mut self,
        cross_entropy: Tensor<1>,
        [top1, top5]: [Tensor<1>; 2],
        batch: &DeviceBatch,
    ) {
        let weights = batch.weights.clone().inner();
        let per_example = Tensor::stack::<2>(vec![cross_entropy, top1, top5], 0);
        let sums = (per_example * weights.unsqueeze()).sum_dim(1).reshape([3]);
        let kept = Tensor::ones([1], &sums.device());
        self.batches.push(Counted { examples: batch.examples, sums, kept });
    }

    /// Makes the newest `parts` entries one: they are parts of one batch.
    pub fn join(&mut self, parts: usize) {
        let first = self.batches.len().saturating_sub(parts);
        let joined = self.batches.drain(first..).reduce(|all, part| Counted {
            examples: all.examples + part.examples,
            sums: all.sums + part.sums,
            kept: all.kept,
        });
        self.batches.extend(joined);
    }

    /// The sums of the newest batch, on the device.
    ///
    /// # Panics
    /// If there is none since they were last read.
    pub(crate) fn newest(&self) -> Tensor<1> {
        self.batches.last().expect("a batch was added").sums.clone()
    }

    /// Puts the sums of all ranks in place of those of this one in the newest batch.
    pub(crate) fn replace_newest(&mut self, examples: f64, sums: Tensor<1>) {
        if let Some(newest) = self.batches.last_mut() {
            (newest.examples, newest.sums) = (examples, sums);
        }
    }

    /// Says whether the step of the newest batch was kept, `[1]`.
    pub(crate) fn mark(&mut self, kept: Tensor<1, Bool>) {
        if let Some(newest) = self.batches.last_mut() {
            newest.kept = kept.float();
        }
    }

    /// The sums of each batch since the last call, in order; waits for the device, once.
    ///
    /// Not one sum: adding them up on the host in the order of the steps gives the same bits
    /// however often this was called in between.
    pub fn take(&mut self) -> Vec<Totals> {
        self.take_steps().iter().map(|step| step.totals).collect()
    }

    /// As [`take`](Self::take), with what became of each step.
    pub fn take_steps(&mut self) -> Vec<StepTotals> {
        self.take_steps_and([]).0
    }

    /// As [`take_steps`](Self::take_steps), and with the same wait the numbers of `more`; none if there was
    /// no batch.
    pub(crate) fn take_steps_and(
        &mut self,
        more: impl IntoIterator<Item = Tensor<1>>,
    ) -> (Vec<StepTotals>, Vec<f64>) {
        if self.batches.is_empty() {
            return (Vec::new(), Vec::new());
        }
        let batches = std::mem::take(&mut self.batches);
        let examples: Vec<f64> = batches.iter().map(|batch| batch.examples).collect();
        let columns = batches.into_iter().flat_map(|batch| [batch.sums, batch.kept]).chain(more);
        let values = host::read(Tensor::cat(columns.collect(), 0));
        let values: Vec<f64> = values.into_iter().map(f64::from).collect();
        let (counts, more) = values.split_at(4 * examples.len());
        let (rows, _) = counts.as_chunks::<4>();
        let step = |(examples, &[cross_entropy, top1, top5, kept]): (f64, &[f64; 4])| StepTotals {
            totals: Totals { examples, cross_entropy, top1, top5 },
            kept: kept > 0.0,
        };
        (examples.into_iter().zip(rows).map(step).collect(), more.to_vec())
    }
}
