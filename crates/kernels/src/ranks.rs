//! Sums over several devices that train one network.

use std::fmt::Debug;
#[cfg(any(feature = "flex", feature = "cube"))]
use std::sync::Arc;

#[cfg(any(feature = "flex", feature = "cube"))]
use burn::backend::{Backend, TensorMetadata, tensor::FloatTensor};
#[cfg(any(feature = "flex", feature = "cube"))]
use burn::tensor::{TensorData, try_read_sync};

/// Adds numbers up over all ranks that train one network together, each on its own thread or in its
/// own process.
///
/// Every rank makes the same calls in the same order.
pub trait SumOverRanks: Debug + Send + Sync {
    /// Replaces `values` by their sums over all ranks. A rank that cannot go on leaves them as they are
    /// and says so elsewhere: the step that is under way is worth nothing then.
    fn sum(&self, values: &mut [f64]);
}

/// The ranks that share a batch, and how large it is.
#[cfg(any(feature = "flex", feature = "cube"))]
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) ranks: Arc<dyn SumOverRanks>,
    /// Numbers of each channel, on all ranks.
    pub(crate) count: f64,
}

#[cfg(any(feature = "flex", feature = "cube"))]
impl Shared {
    /// Two tensors `[c]`, each added up over all ranks; waits for the device.
    pub(crate) fn sums<B: Backend>(&self, pair: [FloatTensor<B>; 2]) -> [FloatTensor<B>; 2] {
        let device = pair[0].device();
        let (mut values, channels) = (Vec::new(), pair[0].shape()[0]);
        for tensor in pair {
            let data = try_read_sync(B::float_into_data(tensor));
            // As `Tensor::into_data` does where a device fails.
            let data = data.expect("a native device answers at once").expect("a tensor to read");
            values.extend(data.iter::<f64>());
        }
        self.ranks.sum(&mut values);
        let (first, second) = values.split_at(channels);
        [first, second].map(|values| {
            let values: Vec<f32> = values.iter().map(|&value| value as f32).collect();
            B::float_from_data(TensorData::new(values, [channels]), &device)
        })
    }
}

/// Mean and biased variance of each channel over all ranks, from those of this one's `count` numbers,
/// and how many numbers all have.
#[cfg(any(feature = "flex", feature = "cube"))]
pub(crate) fn merge(
    ranks: &dyn SumOverRanks,
    count: f64,
    (means, variances): (&[f64], &[f64]),
) -> (Vec<f32>, Vec<f32>, f64) {
    let squares = means.iter().zip(variances).map(|(mean, variance)| variance + mean * mean);
    let mut sums: Vec<f64> = means.iter().copied().chain(squares).map(|sum| sum * count).collect();
    sums.push(count);
    ranks.sum(&mut sums);
    let all = sums.pop().unwrap_or(count);
    let (sums, squares) = sums.split_at(means.len());
    let mean = |sum: &f64| sum / all;
    let variance = |(sum, square): (&f64, &f64)| {
        // Sixteen digits leave enough of the difference wherever 32-bit numbers had any.
        let variance = square / all - mean(sum) * mean(sum);
        if variance < 0.0 { 0.0 } else { variance as f32 }
    };
    let variances = sums.iter().zip(squares).map(variance).collect();
    (sums.iter().map(|sum| mean(sum) as f32).collect(), variances, all)
}
