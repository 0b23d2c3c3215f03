//! The loss, and whether the label was among the best guesses.

use burn::tensor::{Int, Tensor};

/// What is right for each image.
#[derive(Debug, Clone)]
pub struct Targets {
    /// Class of each image, `[b]`.
    pub labels: Tensor<1, Int>,
    /// The class of what was mixed into each image, `[b]`, and its share.
    pub mixed_in: Option<(Tensor<1, Int>, f64)>,
}

impl Targets {
    /// The target of each class, `[b, classes]`; each row adds up to 1.
    #[must_use]
    pub fn shares(self, classes: usize, smoothing: f64) -> Tensor<2> {
        let mixed = self.mixed_by(|labels| one_hot(labels, classes));
        mixed.mul_scalar(1.0 - smoothing).add_scalar(smoothing / classes as f64)
    }

    /// The targets `of` the labels, mixed as the images are.
    pub(crate) fn mixed_by(self, of: impl Fn(Tensor<1, Int>) -> Tensor<2>) -> Tensor<2> {
        let own = of(self.labels);
        match self.mixed_in {
            Some((labels, share)) => own.mul_scalar(1.0 - share) + of(labels).mul_scalar(share),
            None => own,
        }
    }
}

/// 1 at the label of each row, 0 elsewhere, `[b, classes]`.
fn one_hot(labels: Tensor<1, Int>, classes: usize) -> Tensor<2> {
    let ([batch], device) = (labels.dims(), labels.device());
    let numbers = Tensor::<1, Int>::arange(0..classes as i64, &device);
    let labels = labels.reshape([batch, 1]).expand([batch, classes]);
    labels.equal(numbers.reshape([1, classes]).expand([batch, classes])).float()
}

/// Cross-entropy of each example in nats, `[b]`, from `logits` `[b, classes]`.
///
/// With `smoothing` s the target is `1 - s` on the label and `s / classes` on every class
/// ([Szegedy et al. 2016](https://arxiv.org/abs/1512.00567), section 7), as in PyTorch's
/// `F.cross_entropy(label_smoothing=s)`.
#[must_use]
pub fn cross_entropy(logits: Tensor<2>, labels: Tensor<1, Int>, smoothing: f64) -> Tensor<1> {
    resnet_kernels::cross_entropy(logits, labels, smoothing)
}

/// The mean over the classes of each class's own cross-entropy in nats, `[b]`, from `logits` and
/// `targets` (0 to 1), both `[b, classes]`, as PyTorch's `F.binary_cross_entropy_with_logits`.
#[must_use]
pub fn binary_cross_entropy(logits: Tensor<2>, targets: Tensor<2>) -> Tensor<1> {
    let [batch, _] = logits.dims();
    binary_costs(logits, targets, None).mean_dim(1).reshape([batch])
}

/// Each class's own cross-entropy in nats, `[b, classes]`, from `logits` and `targets` of that shape. Classes
/// with 0 in `known`, whose target is 0, cost nothing.
pub(crate) fn binary_costs(
    logits: Tensor<2>,
    targets: Tensor<2>,
    known: Option<Tensor<2>>,
) -> Tensor<2> {
    // max(x, 0) + ln(1 + e^-|x|) - x t: no exponent is positive.
    let penalty = logits.clone().abs().neg().exp().log1p();
    let cost = logits.clone().clamp_min(0.0) + penalty;
    known.map_or(cost.clone(), |known| cost * known) - logits * targets
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

/// `[b]` of `[b, n]`.
pub(crate) fn sum_of_rows(x: Tensor<2>) -> Tensor<1> {
    let batch = x.dims()[0];
    x.sum_dim(1).reshape([batch])
}
