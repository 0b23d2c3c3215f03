//! The ways to GPUs.

use burn::tensor::{Device, DeviceType};

use super::probe::guarded;

/// A library through which GPUs are reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GpuApi {
    /// NVIDIA's.
    Cuda,
    /// AMD's.
    Rocm,
    /// Apple's, with kernels in its own language.
    Metal,
    /// Vulkan, with kernels in SPIR-V.
    Vulkan,
    /// What the system has of Vulkan, Metal and DirectX 12, with kernels in WGSL, or in the system's own
    /// language if `vulkan` or `metal` is compiled in, too.
    Wgpu,
}

impl GpuApi {
    /// All that this version knows.
    pub const ALL: [Self; 5] = [Self::Cuda, Self::Rocm, Self::Metal, Self::Vulkan, Self::Wgpu];

    /// The name, in words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cuda => "CUDA",
            Self::Rocm => "ROCm",
            Self::Metal => "Metal",
            Self::Vulkan => "Vulkan",
            Self::Wgpu => "wgpu",
        }
    }

    /// The Cargo feature that brings it; also what a person writes.
    #[must_use]
    pub fn feature(self) -> &'static str {
        match self {
            Self::Cuda => "cuda",
            Self::Rocm => "rocm",
            Self::Metal => "metal",
            Self::Vulkan => "vulkan",
            Self::Wgpu => "wgpu",
        }
    }

    /// Whether this program was built with it.
    #[must_use]
    pub fn is_compiled(self) -> bool {
        self.device_type().is_some()
    }

    /// What it means if no device is found.
    pub(super) fn nothing_found(self) -> &'static str {
        match self {
            Self::Cuda => "no NVIDIA driver or no GPU",
            Self::Rocm => "no AMD driver or no GPU",
            Self::Metal => "no Metal driver or no GPU",
            Self::Vulkan => "no Vulkan driver",
            Self::Wgpu => "no Vulkan, Metal or DirectX 12 driver",
        }
    }

    /// Burn's word for it, if it is compiled in.
    fn device_type(self) -> Option<DeviceType> {
        match self {
            #[cfg(feature = "cuda")]
            Self::Cuda => Some(DeviceType::Cuda),
            #[cfg(feature = "rocm")]
            Self::Rocm => Some(DeviceType::Rocm),
            #[cfg(feature = "metal")]
            Self::Metal => Some(DeviceType::Metal),
            #[cfg(feature = "vulkan")]
            Self::Vulkan => Some(DeviceType::Vulkan),
            #[cfg(feature = "wgpu")]
            Self::Wgpu => Some(DeviceType::Wgpu),
            #[allow(unreachable_patterns)] // With all of them nothing is left.
            _ => None,
        }
    }

    /// Every device, in the driver's order; the reason if the driver is broken.
    pub(super) fn devices(self) -> Result<Vec<Device>, String> {
        match self.device_type() {
            Some(kind) => guarded(|| Device::enumerate(kind).into_vec()),
            None => Ok(Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_compiled_in_has_no_devices() {
        for api in GpuApi::ALL.into_iter().filter(|api| !api.is_compiled()) {
            assert_eq!(api.devices(), Ok(Vec::new()), "{}", api.name());
        }
    }
}
