//! The operations on Burn's tensors.

mod batch_norm;
mod convolution;
mod pooling;

use burn::tensor::activation::{log_softmax, relu};
use burn::tensor::{Int, Tensor};

#[cfg(feature = "flex")]
use crate::switch::on_cpu;
#[cfg(feature = "cube")]
use crate::switch::on_gpu;

pub use batch_norm::{Normalised, affine, batch_norm_among, batch_norm_train};
pub use convolution::{conv2d, conv2d_affine};
pub use pooling::{average_pool, max_pool2d};

/// The product of `x` `[b, c]` with the transpose of `weight` `[c', c]`: a fully connected layer without
/// its bias.
///
/// # Panics
/// If the shapes do not belong together.
#[must_use]
pub fn linear(x: Tensor<2>, weight: Tensor<2>) -> Tensor<2> {
    #[cfg(feature = "cube")]
    if weight.dims()[1] == x.dims()[1] && weight.dtype() == x.dtype() && on_gpu(&x) {
        use crate::product::Product;
        let (x, weight) = (x.into_dispatch(), weight.transpose().into_dispatch());
        return Tensor::from_dispatch(burn::backend::Dispatch::product(x, weight));
    }
    x.matmul(weight.transpose())
}

/// Images `x` `[b, c, h, w]` times `scale` `[b, c]`, as an attention to channels does it.
///
/// # Panics
/// If the shapes do not belong together.
#[must_use]
pub fn scale_channels(x: Tensor<4>, scale: Tensor<2>) -> Tensor<4> {
    let [batch, channels, ..] = x.dims();
    assert_eq!(scale.dims(), [batch, channels], "one factor for each channel of each image");
    #[cfg(feature = "flex")]
    if on_cpu(&x) {
        use crate::flex::Kernels;
        let (x, scale) = (x.into_dispatch(), scale.into_dispatch());
        return Tensor::from_dispatch(burn::backend::Dispatch::scaled(x, scale));
    }
    x * scale.reshape([batch, channels, 1, 1])
}

/// The sum of two batches of images `[b, c, h, w]`, then ReLU if asked for.
///
/// # Panics
/// If the shapes differ.
#[must_use]
pub fn add_images(a: Tensor<4>, b: Tensor<4>, with_relu: bool) -> Tensor<4> {
    assert_eq!(a.dims(), b.dims(), "images of one shape");
    #[cfg(feature = "flex")]
    if on_cpu(&a) {
        use crate::flex::Kernels;
        let (a, b) = (a.into_dispatch(), b.into_dispatch());
        return Tensor::from_dispatch(burn::backend::Dispatch::sum_of_images(a, b, with_relu));
    }
    finish(a, Some(b), with_relu)
}

/// Cross-entropy of each row of `logits` `[b, classes]` in nats, `[b]`. With `smoothing` s the target is
/// `1 - s` on the label and `s / classes` on every class
/// ([Szegedy et al. 2016](https://arxiv.org/abs/1512.00567), section 7), as in PyTorch's
/// `F.cross_entropy(label_smoothing=s)`.
///
/// # Panics
/// If there is not one label for each row, or no class of a label's number.
#[must_use]
pub fn cross_entropy(logits: Tensor<2>, labels: Tensor<1, Int>, smoothing: f64) -> Tensor<1> {
    let [batch, _] = logits.dims();
    assert_eq!(labels.dims(), [batch], "one label for each row");
    #[cfg(feature = "flex")]
    if on_cpu(&logits) {
        use crate::flex::Kernels;
        // Whole numbers up to 16 million are exact.
        let (logits, labels) = (logits.into_dispatch(), labels.float().into_dispatch());
        let losses = burn::backend::Dispatch::softmax_cross_entropy(logits, labels, smoothing);
        return Tensor::from_dispatch(losses);
    }
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

/// The residual, if there is one, and ReLU, if asked for.
fn finish(y: Tensor<4>, residual: Option<Tensor<4>>, with_relu: bool) -> Tensor<4> {
    let y = match residual {
        Some(residual) => y + residual,
        None => y,
    };
    if with_relu { relu(y) } else { y }
}
