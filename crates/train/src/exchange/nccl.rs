//! Sums over GPUs that NCCL takes, through Burn: what is added up never leaves the GPUs.

use std::fmt;
use std::sync::Arc;

use burn::tensor::distributed::{ReduceOperation, all_reduce};
use burn::tensor::{Device, Tensor};
use resnet_distributed::World;

use crate::TrainError;
use crate::device::{explain, guarded, is_cuda};

/// Waits for a sum, on the device.
pub(super) type DeviceSum = Box<dyn FnOnce() -> Tensor<1>>;

/// Begins sums over the devices of all ranks.
#[derive(Clone)]
pub(super) struct DeviceSums(Arc<dyn Fn(Tensor<1>) -> DeviceSum + Send + Sync>);

impl DeviceSums {
    pub(super) fn new(begin: impl Fn(Tensor<1>) -> DeviceSum + Send + Sync + 'static) -> Self {
        Self(Arc::new(begin))
    }

    /// Begins to add up `values`; every rank does so with as many.
    pub(super) fn begin(&self, values: Tensor<1>) -> DeviceSum {
        (self.0)(values)
    }

    fn by_nccl(devices: Vec<Device>) -> Self {
        Self::new(move |values| {
            let sums = all_reduce(values, ReduceOperation::Sum, devices.clone());
            Box::new(move || sums.resolve())
        })
    }
}

impl fmt::Debug for DeviceSums {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sums over devices")
    }
}

/// Connects the ranks of this process, whose devices these are, by NCCL, and takes a sum to try it.
pub(super) fn connect(
    world: &World,
    devices: &[Device],
    own: &Device,
) -> Result<DeviceSums, TrainError> {
    let failed = |reason| TrainError::Nccl { reason };
    if devices.len() != world.size_here() {
        let reason = "it connects the GPUs of a process: start one process on each machine";
        return Err(failed(format!("{reason}, with --num-gpus all")));
    }
    if let Some(rank) = devices.iter().position(|device| !is_cuda(device)) {
        return Err(failed(format!("the device of rank {rank} is no NVIDIA GPU")));
    }
    let sums = DeviceSums::by_nccl(devices.to_vec());
    try_out(&sums, devices.len(), own).map_err(failed)?;
    Ok(sums)
}

/// Where the library is missing, Burn panics or never answers.
fn try_out(sums: &DeviceSums, ranks: usize, device: &Device) -> Result<(), String> {
    let (sums, device) = (sums.clone(), device.clone());
    let found = guarded(move || {
        let ones = Tensor::<1>::ones([2], &device);
        sums.begin(ones)().try_into_data().map(|data| data.iter::<f64>().collect::<Vec<_>>())
    })?;
    match found {
        Ok(sums) if sums == [ranks as f64; 2] => Ok(()),
        Ok(sums) => Err(format!("the sum of a one from each of {ranks} GPUs is {sums:?}")),
        Err(error) => Err(explain(&error.to_string())),
    }
}

#[cfg(all(test, feature = "flex"))]
mod tests {
    use super::*;

    /// Sums of one rank, of `factor` others that have the same numbers.
    fn among(factor: f64) -> DeviceSums {
        DeviceSums::new(move |values| Box::new(move || values.mul_scalar(factor)))
    }

    #[test]
    fn sums_are_tried_before_they_are_used() {
        let device = Device::flex();
        assert_eq!(try_out(&among(3.0), 3, &device), Ok(()));
        let error = try_out(&among(1.0), 3, &device).expect_err("nobody else came");
        assert!(error.contains("a one from each of 3 GPUs is [1.0, 1.0]"), "{error}");
    }

    #[test]
    fn a_device_without_nccl_is_an_error_and_no_panic() {
        let device = Device::flex();
        let sums = DeviceSums::by_nccl(vec![device.clone(); 2]);
        let error = try_out(&sums, 2, &device).expect_err("the CPU");
        assert!(error.contains("missing or broken"), "{error}");
        let error =
            connect(&World::alone(), std::slice::from_ref(&device), &device).expect_err("the CPU");
        assert!(error.to_string().contains("rank 0 is no NVIDIA GPU"), "{error}");
        let error = connect(&World::alone(), &[], &device).expect_err("processes");
        assert!(error.to_string().contains("with --num-gpus all"), "{error}");
    }
}
