//! Which devices are there, and what they can do.

use burn::tensor::DType;
#[cfg(any(feature = "cuda", feature = "wgpu"))]
use burn::tensor::DeviceType;

#[cfg(any(feature = "cuda", feature = "wgpu"))]
use super::enumerated;
use super::{Chosen, DeviceChoice, DeviceKind, choose};

/// A way to reach devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backend {
    /// The name, in words.
    pub name: &'static str,
    /// The Cargo feature that brings it.
    pub feature: &'static str,
    /// Whether this program was built with it.
    pub compiled: bool,
}

/// Every way to reach devices that this version knows.
#[must_use]
pub fn backends() -> [Backend; 3] {
    [
        Backend { name: "CUDA", feature: "cuda", compiled: cfg!(feature = "cuda") },
        Backend { name: "wgpu", feature: "wgpu", compiled: cfg!(feature = "wgpu") },
        Backend { name: "CPU (Flex)", feature: "flex", compiled: cfg!(feature = "flex") },
    ]
}

/// Every device that a driver reports, GPUs first; nothing is computed yet.
#[must_use]
pub fn found() -> Vec<DeviceChoice> {
    let mut devices = Vec::new();
    #[cfg(feature = "cuda")]
    devices.extend((0..enumerated(DeviceType::Cuda).len()).map(DeviceChoice::Cuda));
    #[cfg(feature = "wgpu")]
    devices.extend((0..enumerated(DeviceType::Wgpu).len()).map(DeviceChoice::Wgpu));
    if cfg!(feature = "flex") {
        devices.push(DeviceChoice::Cpu);
    }
    devices
}

/// The devices of the kind of `taken`, with which it can train: all of them if the kind was asked for by
/// `choice`, else no software adapter.
#[must_use]
pub fn alike(choice: DeviceChoice, taken: &Chosen) -> Vec<DeviceChoice> {
    let is_hardware = |device: &DeviceChoice| choose(*device).is_ok_and(|it| !facts(&it).software);
    let mut devices = of_kind(found(), taken.kind);
    if choice == DeviceChoice::Auto && taken.kind == DeviceKind::Wgpu {
        devices.retain(is_hardware);
    }
    devices
}

fn of_kind(mut devices: Vec<DeviceChoice>, kind: DeviceKind) -> Vec<DeviceChoice> {
    devices.retain(|device| device.kind() == Some(kind));
    devices
}

/// What a device says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Types of floating-point numbers that it computes with.
    pub float_types: Vec<&'static str>,
    /// Whether it is a driver that computes on the CPU.
    pub software: bool,
    /// What kernels are compiled for, for example `ptx_sm90`.
    pub architecture: Option<String>,
    /// Its place on the bus, for example `0000:07:00.0`.
    pub pci_address: Option<String>,
}

/// What `chosen` says of itself.
#[must_use]
pub fn facts(chosen: &Chosen) -> Facts {
    let types =
        [("f64", DType::F64), ("f32", DType::F32), ("f16", DType::F16), ("bf16", DType::BF16)];
    let supported = |&(_, dtype): &(&str, DType)| chosen.device.supports_dtype(dtype);
    let float_types = types.into_iter().filter(supported).map(|(name, _)| name).collect();
    with_identity(
        chosen,
        Facts { float_types, software: false, architecture: None, pci_address: None },
    )
}

#[cfg(any(feature = "cuda", feature = "wgpu"))]
fn with_identity(chosen: &Chosen, facts: Facts) -> Facts {
    let Some(identity) = chosen.device.identity() else { return facts };
    let card = identity.physical.as_ref();
    Facts {
        software: card.is_none(),
        architecture: Some(identity.fingerprint),
        pci_address: card.and_then(|card| card.pci_address).map(|address| address.to_string()),
        ..facts
    }
}

#[cfg(not(any(feature = "cuda", feature = "wgpu")))]
fn with_identity(_chosen: &Chosen, facts: Facts) -> Facts {
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_told_apart_by_what_was_taken_and_not_by_what_is_there() {
        use DeviceChoice::{Cpu, Cuda, Wgpu};
        let found = || vec![Cuda(0), Cuda(1), Wgpu(0), Wgpu(1), Cpu];
        // A CUDA GPU that fails its smoke test is found all the same.
        assert_eq!(of_kind(found(), DeviceKind::Wgpu), [Wgpu(0), Wgpu(1)]);
        assert_eq!(of_kind(found(), DeviceKind::Cuda), [Cuda(0), Cuda(1)]);
        assert_eq!(of_kind(found(), DeviceKind::Cpu), [Cpu]);
    }
}
