//! Pooling.

use burn::tensor::ops::MaxPoolOptions;
use burn::tensor::{Tensor, module};

use crate::PoolWindow;
#[cfg(feature = "flex")]
use crate::switch::on_cpu;

/// The maximum of every window of `x` `[b, c, h, w]`; what is not a number wins, as in PyTorch.
#[must_use]
pub fn max_pool2d(x: Tensor<4>, window: PoolWindow) -> Tensor<4> {
    #[cfg(feature = "flex")]
    if on_cpu(&x) && window.kernel[0] * window.kernel[1] < 256 {
        use crate::flex::Kernels;
        return Tensor::from_dispatch(burn::backend::Dispatch::max_pooling(
            x.into_dispatch(),
            window,
        ));
    }
    let options =
        MaxPoolOptions::new(window.kernel).with_stride(window.stride).with_padding(window.padding);
    module::max_pool2d(x, options)
}

/// The mean of every channel of `x` `[b, c, h, w]`, `[b, c]`.
#[must_use]
pub fn average_pool(x: Tensor<4>) -> Tensor<2> {
    #[cfg(feature = "flex")]
    if on_cpu(&x) {
        use crate::flex::Kernels;
        let means = burn::backend::Dispatch::average_pooling(x.into_dispatch());
        return Tensor::from_dispatch(means);
    }
    let [batch, channels, height, width] = x.dims();
    x.reshape([batch, channels, height * width]).mean_dim(2).reshape([batch, channels])
}
