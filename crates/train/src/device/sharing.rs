//! Which process of a machine takes which devices.

use super::inventory::hardware;
use super::{DeviceChoice, DeviceError, GpuApi, first_that_works, found_through, not_working};

/// The devices that processes share out among themselves, and why these. Where drivers tell hardware from software, none
/// is touched: a process would keep memory on each, and all of them on the first.
///
/// # Errors
/// [`DeviceError`] if the kind that was asked for is not compiled in or has no device.
pub fn for_ranks(choice: DeviceChoice) -> Result<(Vec<DeviceChoice>, String), DeviceError> {
    let asked_for = |devices| Ok((devices, "asked for".to_owned()));
    match choice {
        DeviceChoice::Auto => {
            let (found, reason) = first_that_works(|api| some(api, hardware));
            Ok((found.unwrap_or_else(|| vec![DeviceChoice::Cpu]), reason))
        }
        DeviceChoice::Cpu => asked_for(vec![DeviceChoice::Cpu]),
        DeviceChoice::Gpu(api, _) => asked_for(some(api, found_through)?),
    }
}

/// What is `found` behind `api`, where there has to be something.
fn some(
    api: GpuApi,
    found: impl Fn(GpuApi) -> Result<Vec<DeviceChoice>, DeviceError>,
) -> Result<Vec<DeviceChoice>, DeviceError> {
    if !api.is_compiled() {
        return Err(DeviceError::NotCompiled { name: api.name(), feature: api.feature() });
    }
    match found(api)? {
        none if none.is_empty() => Err(not_working(api.name(), api.nothing_found())),
        devices => Ok(devices),
    }
}

/// Those of `all` that the process with the number `local_rank` on its machine takes, `each` of them or all.
///
/// The CPU is shared by any number of processes, and a single device is taken for one that the launcher shows to this
/// process alone.
///
/// # Errors
/// [`DeviceError::TooFew`] if there are not that many, or none is left for this process.
pub fn share_out(
    all: &[DeviceChoice],
    each: Option<usize>,
    local_rank: usize,
) -> Result<Vec<DeviceChoice>, DeviceError> {
    let each = each.unwrap_or(all.len());
    if all == [DeviceChoice::Cpu] {
        return Ok(vec![DeviceChoice::Cpu; each]);
    }
    let first = if all.len() == 1 { 0 } else { local_rank * each };
    all.get(first..first + each).map(<[DeviceChoice]>::to_vec).ok_or_else(|| DeviceError::TooFew {
        found: all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        each,
        local_rank,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cuda(numbers: std::ops::Range<usize>) -> Vec<DeviceChoice> {
        numbers.map(|number| DeviceChoice::Gpu(GpuApi::Cuda, number)).collect()
    }

    #[test]
    fn processes_of_a_machine_take_devices_of_their_own() {
        let all = cuda(0..8);
        assert_eq!(share_out(&all, Some(1), 7), Ok(cuda(7..8)));
        assert_eq!(share_out(&all, Some(4), 1), Ok(cuda(4..8)));
        assert_eq!(share_out(&all, None, 0), Ok(all.clone()));
        for (each, rank) in [(Some(1), 8), (Some(3), 2), (Some(9), 0), (None, 1)] {
            let error = share_out(&all, each, rank).expect_err("too few").to_string();
            assert!(error.contains("cuda:6, cuda:7") && error.contains("fewer"), "{error}");
        }
    }

    #[test]
    fn a_device_that_is_shown_alone_and_the_cpu_are_for_every_process() {
        assert_eq!(share_out(&cuda(0..1), None, 5), Ok(cuda(0..1)));
        let cpu = DeviceChoice::Cpu;
        assert_eq!(share_out(&[cpu], Some(2), 5), Ok(vec![cpu, cpu]));
    }

    #[test]
    fn what_is_not_compiled_in_is_no_device_for_ranks() {
        let (devices, reason) = for_ranks(DeviceChoice::Auto).expect("the CPU at least");
        assert!(!devices.is_empty() && !reason.is_empty());
        assert_eq!(for_ranks(DeviceChoice::Cpu).expect("the CPU").0, [DeviceChoice::Cpu]);
        for api in GpuApi::ALL.into_iter().filter(|api| !api.is_compiled()) {
            let error = for_ranks(DeviceChoice::Gpu(api, 0)).expect_err(api.name());
            assert!(error.to_string().contains("build it again"), "{error}");
        }
    }
}
