//! From a feature map to one vector.

use burn::tensor::Tensor;

use crate::options::Pooling;
use crate::precision::in_32_bits;

impl Pooling {
    /// `[b, c, h, w]` to `[b, c]`, or `[b, 2c]` for [`Pooling::Concatenated`], in 32 bits.
    #[must_use]
    pub fn forward(self, x_bchw: Tensor<4>) -> Tensor<2> {
        let [b, c, h, w] = x_bchw.dims();
        let x = in_32_bits(x_bchw);
        let average = resnet_kernels::average_pool;
        let max = |x: Tensor<4>| x.reshape([b, c, h * w]).max_dim(2).reshape([b, c]);
        match self {
            Self::Average => average(x),
            Self::Max => max(x),
            Self::AverageMax => (average(x.clone()) + max(x)).mul_scalar(0.5),
            Self::Concatenated => Tensor::cat(vec![average(x.clone()), max(x)], 1),
        }
    }

    /// Vectors of a channel's size in the result.
    pub(crate) fn feature_factor(self) -> usize {
        if self == Self::Concatenated { 2 } else { 1 }
    }
}
