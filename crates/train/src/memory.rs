//! The host's memory, where the system tells (Linux).

use std::fs;

/// Bytes that programs can still have; `None` where the system does not tell.
#[must_use]
pub fn free_bytes() -> Option<u64> {
    status_bytes("/proc/meminfo", "MemAvailable:")
}

/// Bytes that this program holds.
pub(crate) fn held_bytes() -> Option<u64> {
    status_bytes("/proc/self/status", "VmRSS:")
}

/// The most bytes that this program held.
pub(crate) fn peak_bytes() -> Option<u64> {
    status_bytes("/proc/self/status", "VmHWM:")
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

    #[test]
    fn linux_tells_how_much_memory_there_is() {
        const MIB: u64 = 1 << 20;
        if cfg!(target_os = "linux") {
            let known = || Some((free_bytes()?, held_bytes()?, peak_bytes()?));
            let (free, held, peak) = known().expect("three numbers");
            assert!(free > MIB && held > MIB / 4 && peak >= held, "{free} {held} {peak}");
        }
        assert_eq!(status_bytes("/no/such/file", "VmHWM:"), None);
    }
}
