//! Whether the kernels run at all.

use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(any(feature = "flex", feature = "cube"))]
use burn::backend::DispatchDevice;
#[cfg(any(feature = "flex", feature = "cube"))]
use burn::tensor::{DType, Tensor};

static IN_USE: AtomicBool = AtomicBool::new(true);

/// Chooses, for the whole process, between this crate's kernels (the default) and Burn's operations,
/// so that the two can be compared. Call it before the first forward pass.
///
/// ```standalone_crate
/// resnet_kernels::use_kernels(false);
/// assert!(!resnet_kernels::kernels_in_use());
/// ```
pub fn use_kernels(yes: bool) {
    IN_USE.store(yes, Ordering::Relaxed);
}

/// Whether this crate's kernels are compiled in and chosen.
#[must_use]
pub fn kernels_in_use() -> bool {
    cfg!(any(feature = "flex", feature = "cube")) && IN_USE.load(Ordering::Relaxed)
}

/// Whether this crate has kernels for the device of `x`, chosen or not.
#[cfg(any(feature = "flex", feature = "cube"))]
pub(crate) fn has_kernels(x: &Tensor<4>) -> bool {
    is_on(x, |device| match device {
        #[cfg(feature = "flex")]
        DispatchDevice::Flex(_) => true,
        #[cfg(feature = "cube")]
        DispatchDevice::Cube(_) => true,
        _ => false,
    })
}

/// Whether the CPU's kernels exist for tensors like `x`.
#[cfg(feature = "flex")]
pub(crate) fn on_cpu<const D: usize>(x: &Tensor<D>) -> bool {
    kernels_in_use()
        && x.dtype() == DType::F32
        && is_on(x, |device| matches!(device, DispatchDevice::Flex(_)))
}

/// Whether the GPU's kernels exist for tensors like `x`.
#[cfg(feature = "cube")]
pub(crate) fn on_gpu<const D: usize>(x: &Tensor<D>) -> bool {
    kernels_in_use()
        && matches!(x.dtype(), DType::F32 | DType::F16 | DType::BF16)
        && is_on(x, |device| matches!(device, DispatchDevice::Cube(_)))
}

#[cfg(all(feature = "cube", not(feature = "flex")))]
pub(crate) fn on_cpu<const D: usize>(_x: &Tensor<D>) -> bool {
    false
}

#[cfg(all(feature = "flex", not(feature = "cube")))]
pub(crate) fn on_gpu<const D: usize>(_x: &Tensor<D>) -> bool {
    false
}

/// Whether the device of `x`, with or without gradients, is one that is looked for.
#[cfg(any(feature = "flex", feature = "cube"))]
fn is_on<const D: usize>(x: &Tensor<D>, is_wanted: impl Fn(&DispatchDevice) -> bool) -> bool {
    match x.device().as_dispatch() {
        DispatchDevice::Autodiff(inner) => is_wanted(inner),
        device => is_wanted(device),
    }
}
