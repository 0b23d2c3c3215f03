//! The device that a person asks for, and why it cannot be had.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::GpuApi;

/// The device a person asks for: `auto`, `cpu`, or a [`GpuApi`]'s feature and a number, as `cuda:1`; `cuda` alone
/// is the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// CUDA if it works, else ROCm, else a hardware GPU through wgpu, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The GPU of this number; with wgpu and Vulkan drivers that compute on the CPU count, too.
    Gpu(GpuApi, usize),
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
            (name, index) => {
                let api = GpuApi::ALL.into_iter().find(|api| api.feature() == name);
                Ok(Self::Gpu(api.ok_or_else(unknown)?, index.unwrap_or(0)))
            }
        }
    }
}

/// As [`FromStr`] reads it.
impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => write!(f, "auto"),
            Self::Cpu => write!(f, "cpu"),
            Self::Gpu(api, index) => write!(f, "{}:{index}", api.feature()),
        }
    }
}

/// The device that was asked for cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// No such kind of device.
    #[error(
        "`{text}` is not a device: write auto, cpu, cuda:N, rocm:N, metal:N, vulkan:N or wgpu:N; \
         without :N the first"
    )]
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
    /// There are fewer devices than the processes of a machine take.
    #[error(
        "process {local_rank} of its machine, counted from 0, takes {each} devices and there are {found}: \
         take fewer devices for each process (--num-gpus), or start fewer processes on a machine"
    )]
    TooFew {
        /// The devices, by their names.
        found: String,
        /// How many each process takes.
        each: usize,
        /// The process, among those of its machine.
        local_rank: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read_as_a_person_writes_them() {
        assert_eq!("auto".parse(), Ok(DeviceChoice::Auto));
        assert_eq!("cuda".parse(), Ok(DeviceChoice::Gpu(GpuApi::Cuda, 0)));
        assert_eq!("vulkan:2".parse(), Ok(DeviceChoice::Gpu(GpuApi::Vulkan, 2)));
        for text in ["auto", "cpu", "wgpu:2", "cuda:0", "rocm:1", "metal:0", "vulkan:0"] {
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
}
