//! Trying a device without being taken along if it breaks.

use std::any::Any;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use burn::tensor::{Device, Tensor};

use super::is_cuda;
use crate::out_of_memory;

/// Whether a driver did not answer when it was tried.
static HANGS: AtomicBool = AtomicBool::new(false);

/// A driver that has not answered after this time never will.
const PATIENCE: Duration = Duration::from_secs(60);

/// Takes exponentials and logarithms and adds them up. A matrix product would take autotune a minute
/// on some GPUs.
///
/// # Errors
/// What went wrong, in words. The device must not be touched again then.
pub fn smoke_test(device: &Device) -> Result<(), String> {
    let own = device.clone();
    let sum = guarded(move || {
        let x = Tensor::<2>::full([4, 4], 4.0, &own);
        x.exp().log().sum().try_into_scalar::<f32>().map_err(|error| explain(&error.to_string()))
    })??;
    if (sum - 64.0).abs() < 0.1 {
        return Ok(());
    }
    let wrong = format!("the logarithms of small exponentials sum to {sum} instead of 64");
    if cfg!(feature = "cuda-nvrtc") && is_cuda(device) {
        // Where NVRTC is missing, CubeCL's own thread hears of it alone, and no kernel runs.
        return Err(format!("{wrong}, as where no kernel is compiled: {}", explain("nvrtc")));
    }
    Err(wrong)
}

/// Runs `work` on a thread of its own: a missing or broken driver shows itself as a panic or never
/// answers, and neither must take the program along.
pub(crate) fn guarded<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    let (sender, receiver) = channel();
    let answer = move || {
        // Whoever waited may have gone.
        sender.send(work()).ok();
    };
    let thread = thread::Builder::new().name("device-probe".to_owned()).spawn(answer);
    let thread = thread.map_err(|error| format!("no thread for trying it ({error})"))?;
    match receiver.recv_timeout(PATIENCE) {
        Ok(value) => Ok(value),
        Err(RecvTimeoutError::Timeout) => {
            HANGS.store(true, Ordering::Relaxed);
            Err(format!("no answer in {} s", PATIENCE.as_secs()))
        }
        Err(RecvTimeoutError::Disconnected) => Err(thread
            .join()
            .map_or_else(|panic| broken(&*panic), |()| "it ended without an answer".to_owned())),
    }
}

/// Whether a driver has been tried in this process and did not answer. It may hold locks for ever, for which
/// libraries of the system wait when the process ends in order: end it at once then, as `_exit` does.
#[must_use]
pub fn a_driver_hangs() -> bool {
    HANGS.load(Ordering::Relaxed)
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
    if has("nvrtc") || has("cuda_path") {
        "CUDA's run-time compiler (libnvrtc) or its headers are missing: install the CUDA toolkit, \
         or NVIDIA's packages cuda-nvrtc and cuda-cudart-dev, and set CUDA_PATH"
            .to_owned()
    } else if has("libdevice") {
        "CUDA's library of mathematical functions (libdevice) is missing: install the CUDA toolkit \
         and set CUDA_PATH"
            .to_owned()
    } else if has("nccl") || has("no transport between its devices") {
        "NCCL's library is missing: install it so that it is found as libnccl.so (Debian's libnccl-dev), or link \
         libnccl.so.2 to that name in a folder of LD_LIBRARY_PATH"
            .to_owned()
    } else if out_of_memory::says_so(said) {
        "its memory is full: end other programs on it, or take another device".to_owned()
    } else {
        "its driver or a library is missing or broken".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_in_a_driver_becomes_a_sentence() {
        let missing = || panic!("Unable to dynamically load the \"nvrtc\" shared library");
        let reason = guarded::<()>(missing).expect_err("a panic");
        assert!(reason.contains("install the CUDA toolkit"), "{reason}");
        for said in ["CUDA_ERROR_OUT_OF_MEMORY", "out of device memory allocating 64 bytes"] {
            let full = guarded::<()>(move || panic!("{said}")).expect_err("a panic");
            assert!(full.contains("memory is full"), "{full}");
        }
        let reason =
            explain("Can't use `all_reduce` on cuda, which has no transport between its devices");
        assert!(reason.contains("libnccl.so.2"), "{reason}");
        let path = explain(
            "Please ensure that CUDA is installed and the CUDA_PATH environment variable is set",
        );
        assert!(path.contains("set CUDA_PATH"), "{path}");
        let other = guarded::<()>(|| panic!("?")).expect_err("a panic");
        assert!(other.contains("missing or broken"), "{other}");
    }
}
