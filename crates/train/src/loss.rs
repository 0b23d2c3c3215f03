//! The loss, and whether the label was among the best guesses.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, Tensor};

/// Cross-entropy of each example in nats, `[b]`, from `logits` `[b, classes]`.
///
/// With `smoothing` s the target is `1 - s` on the label and `s / classes` on every class
/// ([Szegedy et al. 2016](https://arxiv.org/abs/1512.00567), section 7), as in PyTorch's
/// `F.cross_entropy(label_smoothing=s)`.
#[must_use]
pub fn cross_entropy(logits: Tensor<2>, labels: Tensor<1, Int>, smoothing: f64) -> Tensor<1> {
    let [batch, _] = logits.dims();
    let log_probabilities = log_softmax(logits, 1);
    let on_label = log_probabilities.clone().gather(1, labels.reshape([batch, 1]));
    let loss = on_label.mul_scalar(-(1.0 - smoothing));
    let loss = if smoothing > 0.0 {
        loss - log_probabilities.mean_dim(1).mul_scalar(smoothing)
    } else {
        loss
    };
    loss.reshape([batch])
}

/// For each example 1 or 0, `[b]`: whether the label is among the `k` highest of `logits`
/// `[b, classes]`.
///
/// Counts logits instead of sorting them, which some devices do on the host. Ties count against the
/// label, and a row that is not a number is never right.
#[must_use]
pub fn in_top_k(logits: Tensor<2>, labels: Tensor<1, Int>, k: usize) -> Tensor<1> {
    let [batch, _] = logits.dims();
    let of_label = logits.clone().gather(1, labels.reshape([batch, 1]));
    let at_least = logits.greater_equal(of_label).int().sum_dim(1).reshape([batch]);
    let among = at_least.clone().lower_equal_elem(k as i64);
    let is_number = at_least.greater_elem(0);
    among.bool_and(is_number).float()
}
