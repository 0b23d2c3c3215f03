//! How much memory there is, and how much of it a run takes.

use std::fs;

use burn::tensor::Device;

/// The host's memory that programs can still have, in bytes; `None` where the system does not tell.
#[must_use]
pub fn free_bytes() -> Option<u64> {
    status_bytes("/proc/meminfo", "MemAvailable:")
}

/// The host's memory that this program holds, in bytes; `None` where the system does not tell.
pub(crate) fn held_bytes() -> Option<u64> {
    status_bytes("/proc/self/status", "VmRSS:")
}

/// The most memory that was taken, in bytes: of a GPU what its pools have reserved, which they keep, of the
/// CPU what this program has held; `None` where nobody tells.
#[must_use]
pub fn peak_bytes(device: &Device) -> Option<u64> {
    match device.memory_pool_usage() {
        Some(pools) => Some(pools.bytes_reserved),
        None => status_bytes("/proc/self/status", "VmHWM:"),
    }
}

/// A line such as `VmHWM:  1234 kB` of a file of Linux.
fn status_bytes(path: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(1024 * kibibytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_tells_how_much_memory_there_is() {
        let free = free_bytes().expect("a number");
        let (held, most) = (held_bytes().expect("a number"), peak_bytes(&Device::flex()));
        assert!(free > MIB && held > MIB / 4, "{free} {held}");
        assert!(most > Some(MIB / 4), "{most:?}");
        assert_eq!(status_bytes("/no/such/file", "VmHWM:"), None);
    }
}
