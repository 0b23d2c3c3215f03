//! Where to compute: what is compiled in, what is there, and what works.

mod inventory;

use std::any::Any;
use std::fmt;
use std::str::FromStr;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use burn::tensor::{Device, Tensor};
use thiserror::Error;

pub use inventory::{Backend, Facts, backends, facts, found};

/// A driver that has not answered after this time never will.
const PATIENCE: Duration = Duration::from_secs(60);

/// The device a person asks for: `auto`, `cpu`, `wgpu`, `wgpu:1`, `cuda` or `cuda:1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// CUDA if it works, else a hardware GPU through wgpu, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The GPU of this number through wgpu; software adapters count, too.
    Wgpu(usize),
    /// The NVIDIA GPU of this number.
    Cuda(usize),
}

impl FromStr for DeviceChoice {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        let unknown = || DeviceError::Unknown { text: text.to_owned() };
        let (name, index) = match text.split_once(':') {
            Some((name, index)) => (name, Some(index.parse().map_err(|_ignored| unknown())?)),
            None => (text, None),
        };
        match (name, index) {
            ("auto", None) => Ok(Self::Auto),
            ("cpu", None) => Ok(Self::Cpu),
            ("wgpu", index) => Ok(Self::Wgpu(index.unwrap_or(0))),
            ("cuda", index) => Ok(Self::Cuda(index.unwrap_or(0))),
            _ => Err(unknown()),
        }
    }
}

/// As [`FromStr`] reads it.
impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => write!(f, "auto"),
            Self::Cpu => write!(f, "cpu"),
            Self::Wgpu(index) => write!(f, "wgpu:{index}"),
            Self::Cuda(index) => write!(f, "cuda:{index}"),
        }
    }
}

/// The device that was asked for cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// No such kind of device.
    #[error("`{text}` is no device: write auto, cpu, wgpu, wgpu:N, cuda or cuda:N")]
    Unknown {
        /// What was written.
        text: String,
    },
    /// The program was built without it.
    #[error(
        "this program was built without {name}: build it again with `--features {feature}`, \
         or use --device auto"
    )]
    NotCompiled {
        /// The device, in words.
        name: &'static str,
        /// The Cargo feature that brings it.
        feature: &'static str,
    },
    /// It is compiled in, but not there or not working.
    #[error("{name} cannot be used: {reason}; use --device auto to take what works")]
    NotWorking {
        /// The device, in words.
        name: String,
        /// What was tried and what happened.
        reason: String,
    },
}

/// A device that passed a smoke test, and why it was taken.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// The device, without autodiff.
    pub device: Device,
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

#[cfg(feature = "flex")]
fn cpu(reason: &str) -> Result<Chosen, DeviceError> {
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let name = format!("CPU ({threads} threads, Flex)");
    Ok(Chosen { device: Device::flex(), name, reason: reason.to_owned() })
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
        Some(device) => smoke_tested(device, name),
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
        Some(device) => smoke_tested(device, name),
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
        Ok(Some(device)) => smoke_tested(device, name),
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
fn smoke_tested(device: Device, name: String) -> Result<Chosen, DeviceError> {
    if let Err(reason) = smoke_test(&device) {
        return Err(DeviceError::NotWorking { name, reason });
    }
    let name = match device.identity() {
        Some(identity) => format!("{name}: {}", identity.name),
        None => name,
    };
    Ok(Chosen { device, name, reason: "asked for".to_owned() })
}

/// Takes exponentials and logarithms and adds them up. A matrix product would take autotune a minute
/// on some GPUs.
///
/// # Errors
/// What went wrong, in words. The device must not be touched again then.
pub fn smoke_test(device: &Device) -> Result<(), String> {
    let device = device.clone();
    let sum = guarded(move || {
        let x = Tensor::<2>::full([4, 4], 4.0, &device);
        x.exp().log().sum().into_scalar::<f32>()
    })?;
    if (sum - 64.0).abs() < 0.1 {
        Ok(())
    } else {
        Err(format!("the logarithms of small exponentials sum to {sum} instead of 64"))
    }
}

/// Runs `work` on a thread of its own: a missing or broken driver shows itself as a panic or never
/// answers, and neither must take the program along.
fn guarded<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    let (sender, receiver) = channel();
    let answer = move || {
        // Whoever waited may have gone.
        sender.send(work()).ok();
    };
    let thread = thread::Builder::new().name("device-probe".to_owned()).spawn(answer);
    let thread = thread.map_err(|error| format!("no thread for trying it ({error})"))?;
    match receiver.recv_timeout(PATIENCE) {
        Ok(value) => Ok(value),
        Err(RecvTimeoutError::Timeout) => Err(format!("no answer in {} s", PATIENCE.as_secs())),
        Err(RecvTimeoutError::Disconnected) => Err(thread
            .join()
            .map_or_else(|panic| broken(&*panic), |()| "it ended without an answer".to_owned())),
    }
}

/// The reason behind a panic of a driver, in words.
fn broken(panic: &(dyn Any + Send)) -> String {
    let said = panic.downcast_ref::<String>().map(String::as_str);
    let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
    explain(said)
}

/// What the words of a driver or of the libraries above it mean for a person.
#[must_use]
pub fn explain(said: &str) -> String {
    let lower = said.to_lowercase();
    let has = |word: &str| lower.contains(word);
    if has("nvrtc") {
        "CUDA's run-time compiler (libnvrtc) or its headers are missing: install the CUDA toolkit, \
         or NVIDIA's packages cuda-nvrtc and cuda-cudart-dev, and set CUDA_PATH"
            .to_owned()
    } else if has("libdevice") {
        "CUDA's library of mathematical functions (libdevice) is missing: install the CUDA toolkit \
         and set CUDA_PATH"
            .to_owned()
    } else if has("out of memory") || has("out_of_memory") || has("outofmemory") {
        "its memory is full: end other programs on it, or take another device".to_owned()
    } else {
        "its driver or a library is missing or broken".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read_as_a_person_writes_them() {
        assert_eq!("auto".parse(), Ok(DeviceChoice::Auto));
        assert_eq!("cuda".parse(), Ok(DeviceChoice::Cuda(0)));
        assert_eq!("wgpu:2".parse(), Ok(DeviceChoice::Wgpu(2)));
        for text in ["auto", "cpu", "wgpu:2", "cuda:0"] {
            assert_eq!(
                text.parse().map(|choice: DeviceChoice| choice.to_string()),
                Ok(text.into())
            );
        }
        for text in ["", "gpu", "cpu:1", "cuda:", "cuda:x", "cuda:-1"] {
            let error = text.parse::<DeviceChoice>().expect_err(text);
            assert!(error.to_string().contains("write auto, cpu"), "{error}");
        }
    }

    #[cfg(feature = "flex")]
    #[test]
    fn auto_says_why_it_took_the_cpu() {
        let chosen = choose(DeviceChoice::Auto).expect("the CPU is always there");
        if chosen.name.starts_with("CPU") {
            assert!(chosen.reason.contains("CUDA"), "{}", chosen.reason);
        }
        assert_eq!(smoke_test(&chosen.device), Ok(()));
    }

    #[test]
    fn a_panic_in_a_driver_becomes_a_sentence() {
        let missing = || panic!("Unable to dynamically load the \"nvrtc\" shared library");
        let reason = guarded::<()>(missing).expect_err("a panic");
        assert!(reason.contains("install the CUDA toolkit"), "{reason}");
        let full = guarded::<()>(|| panic!("{}", "CUDA_ERROR_OUT_OF_MEMORY")).expect_err("a panic");
        assert!(full.contains("memory is full"), "{full}");
        let other = guarded::<()>(|| panic!("?")).expect_err("a panic");
        assert!(other.contains("missing or broken"), "{other}");
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn a_device_that_is_not_compiled_in_names_its_feature() {
        let error = choose(DeviceChoice::Cuda(0)).expect_err("no such feature");
        assert!(error.to_string().contains("--features cuda"), "{error}");
    }
}
