//! Downsampling that passes no pixel over.

use burn::tensor::Tensor;
use burn::tensor::module::avg_pool2d;
use burn::tensor::ops::{AvgPoolOptions, PadMode};

use crate::options::AntiAlias;

impl AntiAlias {
    /// `[b, c, h, w]` to `[b, c, h/2, w/2]`.
    #[must_use]
    pub fn forward(self, x_bchw: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Blur => blur_pool(x_bchw),
            Self::Average => average_pool(x_bchw, 2),
        }
    }
}

/// The binomial filter (1 2 1)/4 along both axes at stride 2, with the border mirrored.
///
/// It is the mean of two neighbouring means, so two 2×2 average poolings compute it on every
/// device without a kernel to carry along.
fn blur_pool(x_bchw: Tensor<4>) -> Tensor<4> {
    let mirrored = x_bchw.pad((1, 1, 1, 1), PadMode::Reflect);
    average_pool(average_pool(mirrored, 1), 2)
}

fn average_pool(x_bchw: Tensor<4>, stride: usize) -> Tensor<4> {
    avg_pool2d(x_bchw, AvgPoolOptions::new([2, 2]).with_stride([stride, stride]))
}

/// The average pooling of a ResNet-D shortcut: 2×2 windows, those over the edge of odd sizes cut.
///
/// In a dilated stage the stride is 1 and zeros are added below and right, as timm does.
pub(crate) fn shortcut_pool(x_bchw: Tensor<4>, stride: usize) -> Tensor<4> {
    if stride == 1 {
        return average_pool(x_bchw.pad((0, 1, 0, 1), PadMode::Constant(0.0)), 1);
    }
    let [_, _, h, w] = x_bchw.dims();
    if h.is_multiple_of(2) && w.is_multiple_of(2) {
        return average_pool(x_bchw, 2);
    }
    // The mean of a cut window is that of the window with its edge repeated.
    average_pool(x_bchw.pad((0, w % 2, 0, h % 2), PadMode::Edge), 2)
}
