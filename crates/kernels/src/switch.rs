//! Whether the kernels run at all.

use std::sync::atomic::{AtomicBool, Ordering};

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

/// Whether the CPU's kernels exist for tensors like `x`.
#[cfg(feature = "flex")]
pub(crate) fn applies(x: &Tensor<4>) -> bool {
    kernels_in_use() && x.dtype() == DType::F32 && backend(x) == Some(Known::Flex)
}

/// Whether there is a kernel that normalises `x` with `gamma`.
#[cfg(any(feature = "flex", feature = "cube"))]
pub(crate) fn normalises(x: &Tensor<4>, gamma: &Tensor<1>) -> bool {
    let is_known = match backend(x) {
        Some(Known::Flex) => x.dtype() == DType::F32,
        Some(Known::Cube) => matches!(x.dtype(), DType::F32 | DType::F16 | DType::BF16),
        None => false,
    };
    kernels_in_use() && is_known && gamma.dtype() == DType::F32
}

#[cfg(any(feature = "flex", feature = "cube"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    #[cfg_attr(not(feature = "flex"), expect(dead_code, reason = "not compiled in"))]
    Flex,
    #[cfg_attr(not(feature = "cube"), expect(dead_code, reason = "not compiled in"))]
    Cube,
}

#[cfg(any(feature = "flex", feature = "cube"))]
fn backend(x: &Tensor<4>) -> Option<Known> {
    use burn::backend::DispatchDevice;

    let known = |device: &DispatchDevice| match device {
        #[cfg(feature = "flex")]
        DispatchDevice::Flex(_) => Some(Known::Flex),
        #[cfg(feature = "cube")]
        DispatchDevice::Cube(_) => Some(Known::Cube),
        #[allow(unreachable_patterns)]
        _ => None,
    };
    match x.device().as_dispatch() {
        DispatchDevice::Autodiff(inner) => known(inner),
        device => known(device),
    }
}
