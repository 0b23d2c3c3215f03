//! Whether the kernels run at all.

use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(feature = "flex")]
use burn::tensor::Tensor;

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
    cfg!(feature = "flex") && IN_USE.load(Ordering::Relaxed)
}

/// Whether a kernel exists for tensors like `x`.
#[cfg(feature = "flex")]
pub(crate) fn applies(x: &Tensor<4>) -> bool {
    use burn::backend::DispatchDevice;
    use burn::tensor::DType;

    let device = x.device();
    let is_flex = match device.as_dispatch() {
        DispatchDevice::Flex(_) => true,
        DispatchDevice::Autodiff(inner) => matches!(**inner, DispatchDevice::Flex(_)),
        #[allow(unreachable_patterns)]
        _ => false,
    };
    kernels_in_use() && is_flex && x.dtype() == DType::F32
}
