//! Convolution, normalisation and pooling as the networks use them, through [`resnet_kernels`].

use burn::nn::PaddingConfig2d;
use burn::nn::conv::Conv2d;
use burn::nn::pool::MaxPool2d;
use burn::tensor::Tensor;
use burn::tensor::ops::ConvOptions;
use resnet_kernels::PoolWindow;

use crate::Norm;
use crate::precision::{is_low, like, through_32_bits};
use crate::then::{Then, activated};

/// Convolution, normalisation, and what follows; in inference with batch normalisation they are one
/// operation. A folded normalisation is none.
pub(crate) fn conv_norm(
    conv: &Conv2d,
    norm: Option<&Norm>,
    x_bchw: Tensor<4>,
    then: Then,
) -> Tensor<4> {
    let separate = x_bchw.device().is_autodiff() || is_low(&x_bchw);
    let (Some(Norm::Batch(batch_norm)), Some(options), false) = (norm, options(conv), separate)
    else {
        return normalise(norm, conv2d(conv, x_bchw), then);
    };
    let (relu, rest) = Then::split(then.activation);
    let conv = (x_bchw, conv.weight.val(), options);
    let affine = batch_norm.running_affine();
    activated(resnet_kernels::conv2d_affine(conv, affine, then.residual, relu), rest)
}

/// Normalisation, and what follows.
pub(crate) fn normalise(norm: Option<&Norm>, x_bchw: Tensor<4>, then: Then) -> Tensor<4> {
    match norm {
        Some(Norm::Batch(norm)) if norm.learns_from(&x_bchw) => norm.forward_then(x_bchw, then),
        Some(norm) if is_low(&x_bchw) => {
            then.apply(through_32_bits(x_bchw, |x_bchw| norm.forward(x_bchw)))
        }
        Some(Norm::Batch(norm)) => norm.forward_then(x_bchw, then),
        Some(Norm::Group(norm)) => then.apply(norm.forward(x_bchw)),
        None => then.apply(x_bchw),
    }
}

/// Convolution.
pub(crate) fn conv2d(conv: &Conv2d, x_bchw: Tensor<4>) -> Tensor<4> {
    match options(conv) {
        Some(options) => {
            let weight = like(conv.weight.val(), &x_bchw);
            resnet_kernels::conv2d(x_bchw, weight, options)
        }
        None => through_32_bits(x_bchw, |x_bchw| conv.forward(x_bchw)),
    }
}

/// Max-pooling.
pub(crate) fn max_pool(pool: &MaxPool2d, x_bchw: Tensor<4>) -> Tensor<4> {
    let is_plain = pool.dilation == [1, 1] && !pool.ceil_mode;
    match pool.padding {
        PaddingConfig2d::Explicit(top, left, bottom, right)
            if is_plain && (top, left) == (bottom, right) =>
        {
            let (kernel, stride) = (pool.kernel_size, pool.stride);
            let window = PoolWindow { kernel, stride, padding: [top, left] };
            resnet_kernels::max_pool2d(x_bchw, window)
        }
        _ => pool.forward(x_bchw),
    }
}

/// The options of a convolution without bias and with the same padding for every image size.
fn options(conv: &Conv2d) -> Option<ConvOptions<2>> {
    let padding = match (&conv.bias, &conv.padding) {
        (None, PaddingConfig2d::Valid) => [(0, 0), (0, 0)],
        (None, &PaddingConfig2d::Explicit(top, left, bottom, right)) => {
            [(top, bottom), (left, right)]
        }
        _ => return None,
    };
    Some(ConvOptions::new_with_padding(conv.stride, padding, conv.dilation, conv.groups))
}
