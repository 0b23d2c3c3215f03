//! Where to compute: what is compiled in, what is there, and what works.

mod choice;
mod inventory;
mod probe;

#[cfg(feature = "flex")]
use std::thread;

use burn::tensor::Device;

pub use choice::{DeviceChoice, DeviceError, DeviceKind};
pub use inventory::{Backend, Facts, alike, backends, facts, found};
pub(crate) use probe::guarded;
pub use probe::{explain, smoke_test};

/// A device that passed a smoke test, and why it was taken.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// The device, without autodiff.
    pub device: Device,
    /// By what it is reached.
    pub kind: DeviceKind,
    /// The device, in words.
    pub name: String,
    /// Why this one, in a sentence without a full stop.
    pub reason: String,
}

/// Finds the device for `choice` and computes something on it.
///
/// `auto` never takes a software adapter. Nothing here panics on a machine without a GPU,
/// whatever is compiled in.
///
/// # Errors
/// [`DeviceError`] if the device is not compiled in, not there, or fails its smoke test.
pub fn choose(choice: DeviceChoice) -> Result<Chosen, DeviceError> {
    match choice {
        DeviceChoice::Auto => choose_best(),
        DeviceChoice::Cpu => cpu("asked for"),
        DeviceChoice::Wgpu(index) => wgpu(index),
        DeviceChoice::Cuda(index) => cuda(index),
    }
}

fn choose_best() -> Result<Chosen, DeviceError> {
    let mut refused = Vec::new();
    for attempt in [|| cuda(0), hardware_wgpu] {
        match attempt() {
            Ok(chosen) => return Ok(Chosen { reason: because(&refused), ..chosen }),
            Err(DeviceError::NotCompiled { name, .. }) => {
                refused.push(format!("{name} is not compiled in"));
            }
            Err(error) => refused.push(short(&error)),
        }
    }
    cpu(&because(&refused))
}

fn short(error: &DeviceError) -> String {
    match error {
        DeviceError::NotWorking { name, reason } => format!("{name}: {reason}"),
        other => other.to_string(),
    }
}

fn because(refused: &[String]) -> String {
    if refused.is_empty() { "first choice of auto".to_owned() } else { refused.join(", ") }
}

/// Whether tensors on `device` lie in the host's memory, where any thread reads them.
#[cfg(feature = "flex")]
pub(crate) fn is_host(device: &Device) -> bool {
    *device == Device::flex()
}

#[cfg(not(feature = "flex"))]
pub(crate) fn is_host(_device: &Device) -> bool {
    false
}

/// Whether `device` is an NVIDIA GPU that CUDA drives.
#[cfg(feature = "cuda")]
pub(crate) fn is_cuda(device: &Device) -> bool {
    enumerated(burn::tensor::DeviceType::Cuda).contains(device)
}

#[cfg(not(feature = "cuda"))]
pub(crate) fn is_cuda(_device: &Device) -> bool {
    false
}

#[cfg(feature = "flex")]
fn cpu(reason: &str) -> Result<Chosen, DeviceError> {
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let name = format!("CPU ({threads} threads, Flex)");
    let (device, kind) = (Device::flex(), DeviceKind::Cpu);
    Ok(Chosen { device, kind, name, reason: reason.to_owned() })
}

#[cfg(not(feature = "flex"))]
fn cpu(_reason: &str) -> Result<Chosen, DeviceError> {
    Err(DeviceError::NotCompiled { name: "the CPU", feature: "flex" })
}

#[cfg(feature = "cuda")]
fn cuda(index: usize) -> Result<Chosen, DeviceError> {
    use burn::tensor::DeviceType;
    let name = format!("CUDA GPU {index}");
    let found = enumerated(DeviceType::Cuda);
    let count = found.len();
    match found.into_iter().nth(index) {
        Some(device) => smoke_tested(device, DeviceKind::Cuda, name),
        None if count == 0 => Err(not_working(name, "no NVIDIA driver or no GPU")),
        None => Err(not_working(name, &there_are(count, "cuda"))),
    }
}

#[cfg(not(feature = "cuda"))]
fn cuda(_index: usize) -> Result<Chosen, DeviceError> {
    Err(DeviceError::NotCompiled { name: "CUDA", feature: "cuda" })
}

#[cfg(feature = "wgpu")]
fn wgpu(index: usize) -> Result<Chosen, DeviceError> {
    use burn::tensor::DeviceType;
    let name = format!("wgpu adapter {index}");
    let found = enumerated(DeviceType::Wgpu);
    let count = found.len();
    match found.into_iter().nth(index) {
        Some(device) => smoke_tested(device, DeviceKind::Wgpu, name),
        None if count == 0 => Err(not_working(name, "no Vulkan, Metal or DirectX 12 driver")),
        None => Err(not_working(name, &there_are(count, "wgpu"))),
    }
}

#[cfg(not(feature = "wgpu"))]
fn wgpu(_index: usize) -> Result<Chosen, DeviceError> {
    Err(DeviceError::NotCompiled { name: "wgpu", feature: "wgpu" })
}

#[cfg(feature = "wgpu")]
fn hardware_wgpu() -> Result<Chosen, DeviceError> {
    use burn::tensor::DeviceKind::{DiscreteGpu, IntegratedGpu, VirtualGpu};
    // By kind, because a software adapter must not be taken unasked.
    let find = || {
        let kinds = [DiscreteGpu(0), IntegratedGpu(0), VirtualGpu(0)];
        kinds.into_iter().find_map(|kind| Device::wgpu_options().device_kind(kind).init().ok())
    };
    let name = "wgpu".to_owned();
    match guarded(find) {
        Ok(Some(device)) => smoke_tested(device, DeviceKind::Wgpu, name),
        Ok(None) => Err(not_working(name, "no hardware GPU")),
        Err(reason) => Err(DeviceError::NotWorking { name, reason }),
    }
}

#[cfg(not(feature = "wgpu"))]
fn hardware_wgpu() -> Result<Chosen, DeviceError> {
    wgpu(0)
}

/// Every device of a kind, in the driver's order; none if the driver is broken.
#[cfg(any(feature = "cuda", feature = "wgpu"))]
fn enumerated(kind: burn::tensor::DeviceType) -> Vec<Device> {
    guarded(|| Device::enumerate(kind).into_vec()).unwrap_or_default()
}

#[cfg(any(feature = "cuda", feature = "wgpu"))]
fn there_are(count: usize, kind: &str) -> String {
    let last = count - 1;
    format!("there is no such device: {count} found, numbered from {kind}:0 to {kind}:{last}")
}

#[cfg(any(feature = "cuda", feature = "wgpu"))]
fn not_working(name: String, reason: &str) -> DeviceError {
    DeviceError::NotWorking { name, reason: reason.to_owned() }
}

#[cfg(any(feature = "cuda", feature = "wgpu"))]
fn smoke_tested(device: Device, kind: DeviceKind, name: String) -> Result<Chosen, DeviceError> {
    if let Err(reason) = smoke_test(&device) {
        return Err(DeviceError::NotWorking { name, reason });
    }
    let name = match device.identity() {
        Some(identity) => format!("{name}: {}", identity.name),
        None => name,
    };
    Ok(Chosen { device, kind, name, reason: "asked for".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "flex")]
    #[test]
    fn auto_says_why_it_took_the_cpu() {
        let chosen = choose(DeviceChoice::Auto).expect("the CPU is always there");
        if chosen.name.starts_with("CPU") {
            assert!(chosen.reason.contains("CUDA"), "{}", chosen.reason);
        }
        assert_eq!(smoke_test(&chosen.device), Ok(()));
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn a_device_that_is_not_compiled_in_names_its_feature() {
        let error = choose(DeviceChoice::Cuda(0)).expect_err("no such feature");
        assert!(error.to_string().contains("--features cuda"), "{error}");
    }
}
