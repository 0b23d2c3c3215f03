//! Convolution, normalisation and pooling as the networks use them, through [`resnet_kernels`].

use burn::nn::PaddingConfig2d;
use burn::nn::conv::Conv2d;
use burn::nn::pool::MaxPool2d;
use burn::tensor::Tensor;
use burn::tensor::ops::ConvOptions;
use resnet_kernels::PoolWindow;

use crate::BatchNorm;

/// What follows a normalisation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Then {
    /// Added, `[b, c, h, w]`.
    pub(crate) residual: Option<Tensor<4>>,
    /// Takes the positive part last.
    pub(crate) relu: bool,
}

impl Then {
    /// ReLU.
    pub(crate) fn relu() -> Self {
        Self { residual: None, relu: true }
    }

    /// The addition of `residual`, then ReLU.
    pub(crate) fn add_and_relu(residual: Tensor<4>) -> Self {
        Self { residual: Some(residual), relu: true }
    }
}

/// Convolution, normalisation, and what follows; in inference they are one operation.
pub(crate) fn conv_norm(
    conv: &Conv2d,
    norm: &BatchNorm,
    x_bchw: Tensor<4>,
    then: Then,
) -> Tensor<4> {
    match options(conv) {
        Some(options) if !x_bchw.device().is_autodiff() => {
            let conv = (x_bchw, conv.weight.val(), options);
            resnet_kernels::conv2d_affine(conv, norm.running_affine(), then.residual, then.relu)
        }
        Some(options) => {
            let x = resnet_kernels::conv2d(x_bchw, conv.weight.val(), options);
            norm.forward_then(x, then)
        }
        None => norm.forward_then(conv.forward(x_bchw), then),
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
