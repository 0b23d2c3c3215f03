//! Which devices are there, and what they can do.

use burn::tensor::DType;

use super::{Chosen, DeviceChoice, DeviceError, GpuApi, choose, not_working};

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
pub fn backends() -> Vec<Backend> {
    let gpu = |api: GpuApi| Backend {
        name: api.name(),
        feature: api.feature(),
        compiled: api.is_compiled(),
    };
    let cpu = Backend { name: "CPU (Flex)", feature: "flex", compiled: cfg!(feature = "flex") };
    GpuApi::ALL.map(gpu).into_iter().chain([cpu]).collect()
}

/// Every GPU that the drivers behind `api` report; none if it is not compiled in. Nothing is computed yet, and a
/// GPU is found through each way to it.
///
/// # Errors
/// [`DeviceError::NotWorking`] if a driver panics or does not answer.
pub fn found_through(api: GpuApi) -> Result<Vec<DeviceChoice>, DeviceError> {
    let count = api.devices().map_err(|reason| not_working(api.name(), reason))?.len();
    Ok((0..count).map(|index| DeviceChoice::Gpu(api, index)).collect())
}

/// The devices that are reached as `taken` is, with which it can train: all of them if that way was asked for by
/// `choice`, else no software adapter.
#[must_use]
pub fn alike(choice: DeviceChoice, taken: &Chosen) -> Vec<DeviceChoice> {
    match taken.api {
        Some(api) if choice == DeviceChoice::Auto => hardware(api).unwrap_or_default(),
        Some(api) => found_through(api).unwrap_or_default(),
        None => vec![DeviceChoice::Cpu],
    }
}

/// The GPUs behind `api` without drivers that compute on the CPU, which wgpu alone finds, too.
pub(super) fn hardware(api: GpuApi) -> Result<Vec<DeviceChoice>, DeviceError> {
    let is_hardware = |device: &DeviceChoice| choose(*device).is_ok_and(|it| !facts(&it).software);
    let mut devices = found_through(api)?;
    devices.retain(|device| api != GpuApi::Wgpu || is_hardware(device));
    Ok(devices)
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

#[cfg(feature = "gpu")]
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

#[cfg(not(feature = "gpu"))]
fn with_identity(_chosen: &Chosen, facts: Facts) -> Facts {
    facts
}
