//! Sums that stay on the device until somebody asks.

use burn::tensor::Tensor;
use resnet_recipe::Totals;

use crate::input::DeviceBatch;
use crate::loss::in_top_k;

/// Counts every batch on the device without waiting for it; reading the counts does wait, and is
/// counted itself.
#[derive(Debug, Clone, Default)]
pub struct Meter {
    batches: Vec<(f64, Tensor<1>)>,
    reads: u64,
}

impl Meter {
    /// Adds a batch: its cross-entropy per example `[b]` and its logits `[b, classes]`, both without
    /// autodiff.
    pub fn add(&mut self, cross_entropy: Tensor<1>, logits: Tensor<2>, batch: &DeviceBatch) {
        let weights = batch.weights.clone().inner();
        let labels = batch.labels.clone().inner();
        let top1 = in_top_k(logits.clone(), labels.clone(), 1);
        let top5 = in_top_k(logits, labels, 5);
        let per_example = Tensor::stack::<2>(vec![cross_entropy, top1, top5], 0);
        let sums = (per_example * weights.unsqueeze()).sum_dim(1).reshape([3]);
        self.batches.push((batch.examples, sums));
    }

    /// The sums of each batch since the last call, in order; waits for the device, once.
    ///
    /// Not one sum: adding them up on the host in the order of the steps gives the same bits
    /// however often this was called in between.
    pub fn take(&mut self) -> Vec<Totals> {
        let (examples, sums): (Vec<f64>, Vec<_>) = self.batches.drain(..).unzip();
        if sums.is_empty() {
            return Vec::new();
        }
        self.reads += 1;
        let values: Vec<f64> = Tensor::cat(sums, 0).into_data().iter::<f64>().collect();
        let (rows, _) = values.as_chunks::<3>();
        let totals = |(examples, &[cross_entropy, top1, top5]): (f64, &[f64; 3])| Totals {
            examples,
            cross_entropy,
            top1,
            top5,
        };
        examples.into_iter().zip(rows).map(totals).collect()
    }

    /// How often the device was waited for.
    #[must_use]
    pub fn reads(&self) -> u64 {
        self.reads
    }
}
