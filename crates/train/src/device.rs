//! Where to compute: what is compiled in, what is there, and what works.

mod choice;
mod gpu_api;
mod inventory;
mod probe;
mod sharing;

#[cfg(feature = "flex")]
use std::thread;

use burn::tensor::Device;

pub use choice::{DeviceChoice, DeviceError};
pub use gpu_api::GpuApi;
pub use inventory::{Backend, Facts, alike, backends, facts, found_through};
pub(crate) use probe::guarded;
pub use probe::{a_driver_hangs, explain, smoke_test};
pub use sharing::{for_ranks, share_out};

/// A device that passed a smoke test, and why it was taken.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// The device, without autodiff.
    pub device: Device,
    /// Through what it is reached, if it is a GPU.
    pub api: Option<GpuApi>,
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
        DeviceChoice::Gpu(api, index) => gpu(api, index),
    }
}

fn choose_best() -> Result<Chosen, DeviceError> {
    let attempt = |api| if api == GpuApi::Wgpu { hardware_wgpu() } else { gpu(api, 0) };
    match first_that_works(attempt) {
        (Some(chosen), reason) => Ok(Chosen { reason, ..chosen }),
        (None, reason) => cpu(&reason),
    }
}

/// What `attempt` gives for the first way to GPUs that has something, in the order of `auto`; and why not for
/// those before it.
fn first_that_works<T>(attempt: impl Fn(GpuApi) -> Result<T, DeviceError>) -> (Option<T>, String) {
    let (mut refused, mut missing) = (Vec::new(), Vec::new());
    for api in [GpuApi::Cuda, GpuApi::Rocm, GpuApi::Wgpu] {
        match attempt(api) {
            Ok(found) => return (Some(found), because(&missing, refused)),
            Err(DeviceError::NotCompiled { name, .. }) => missing.push(name),
            Err(error) => refused.push(short(&error)),
        }
    }
    (None, because(&missing, refused))
}

fn short(error: &DeviceError) -> String {
    match error {
        DeviceError::NotWorking { name, reason } => format!("{name}: {reason}"),
        other => other.to_string(),
    }
}

fn because(missing: &[&str], mut refused: Vec<String>) -> String {
    if !missing.is_empty() {
        refused.push(format!("not compiled in: {}", missing.join(", ")));
    }
    if refused.is_empty() { "first choice of auto".to_owned() } else { refused.join("; ") }
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
pub(crate) fn is_cuda(device: &Device) -> bool {
    GpuApi::Cuda.devices().unwrap_or_default().contains(device)
}

#[cfg(feature = "flex")]
fn cpu(reason: &str) -> Result<Chosen, DeviceError> {
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let name = format!("CPU ({threads} threads, Flex)");
    Ok(Chosen { device: Device::flex(), api: None, name, reason: reason.to_owned() })
}

#[cfg(not(feature = "flex"))]
fn cpu(_reason: &str) -> Result<Chosen, DeviceError> {
    Err(DeviceError::NotCompiled { name: "the CPU", feature: "flex" })
}

fn gpu(api: GpuApi, index: usize) -> Result<Chosen, DeviceError> {
    if !api.is_compiled() {
        return Err(DeviceError::NotCompiled { name: api.name(), feature: api.feature() });
    }
    let name = format!("{} device {index}", api.name());
    let found = api.devices().map_err(|reason| not_working(&name, reason))?;
    let count = found.len();
    match found.into_iter().nth(index) {
        Some(device) if breaks_on_spirv(&device) => Err(not_working(&name, SPIRV_ON_THE_CPU)),
        Some(device) => smoke_tested(device, api, name),
        None if count == 0 => Err(not_working(&name, api.nothing_found())),
        None => Err(not_working(&name, there_are(count, api.feature()))),
    }
}

/// A crash within the driver ends the process: it can be foreseen, but not be caught.
const SPIRV_ON_THE_CPU: &str = "it computes on the CPU, where Mesa's driver crashes on Vulkan's SPIR-V: \
     build without the feature `vulkan` to use it";

/// Whether kernels in SPIR-V would go to a driver that computes on the CPU.
#[cfg(feature = "vulkan")]
fn breaks_on_spirv(device: &Device) -> bool {
    use burn::tensor::DeviceKind::Cpu;
    [Device::wgpu(Cpu), Device::vulkan(Cpu)].contains(device)
}

#[cfg(not(feature = "vulkan"))]
fn breaks_on_spirv(_device: &Device) -> bool {
    false
}

#[cfg(feature = "wgpu")]
fn hardware_wgpu() -> Result<Chosen, DeviceError> {
    use burn::tensor::DeviceKind::{DiscreteGpu, IntegratedGpu, VirtualGpu};
    // By kind, because a software adapter must not be taken unasked.
    let find = || {
        let kinds = [DiscreteGpu(0), IntegratedGpu(0), VirtualGpu(0)];
        kinds.into_iter().find_map(|kind| Device::wgpu_options().device_kind(kind).init().ok())
    };
    match probe::guarded(find) {
        Ok(Some(device)) => smoke_tested(device, GpuApi::Wgpu, "wgpu".to_owned()),
        Ok(None) => Err(not_working("wgpu", "no hardware GPU")),
        Err(reason) => Err(not_working("wgpu", reason)),
    }
}

#[cfg(not(feature = "wgpu"))]
fn hardware_wgpu() -> Result<Chosen, DeviceError> {
    gpu(GpuApi::Wgpu, 0)
}

fn there_are(count: usize, kind: &str) -> String {
    let last = count - 1;
    format!("there is no such device: {count} found, numbered from {kind}:0 to {kind}:{last}")
}

fn not_working(name: &str, reason: impl Into<String>) -> DeviceError {
    DeviceError::NotWorking { name: name.to_owned(), reason: reason.into() }
}

fn smoke_tested(device: Device, api: GpuApi, name: String) -> Result<Chosen, DeviceError> {
    smoke_test(&device).map_err(|reason| not_working(&name, reason))?;
    let name = match identity(&device) {
        Some(identity) => format!("{name}: {identity}"),
        None => name,
    };
    Ok(Chosen { device, api: Some(api), name, reason: "asked for".to_owned() })
}

#[cfg(feature = "gpu")]
fn identity(device: &Device) -> Option<String> {
    device.identity().map(|identity| identity.name)
}

#[cfg(not(feature = "gpu"))]
fn identity(_device: &Device) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "flex")]
    #[test]
    fn auto_says_why_it_took_the_cpu() {
        let chosen = choose(DeviceChoice::Auto).expect("the CPU is always there");
        if chosen.api.is_none() {
            assert!(chosen.reason.contains("CUDA"), "{}", chosen.reason);
        }
        assert_eq!(smoke_test(&chosen.device), Ok(()));
    }

    #[test]
    fn a_device_that_is_not_compiled_in_names_its_feature() {
        for api in GpuApi::ALL.into_iter().filter(|api| !api.is_compiled()) {
            let error = choose(DeviceChoice::Gpu(api, 0)).expect_err("no such feature");
            let build = format!("--features {}`", api.feature());
            assert!(error.to_string().contains(&build), "{error}");
        }
    }
}
