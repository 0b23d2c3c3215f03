//! Asking for memory before it is needed: what waits for it can do something else meanwhile.

/// Numbers of a cache line.
const LINE: usize = 16;

/// Asks for numbers that will be written: without it every store of a result that is not in the cache waits
/// for memory.
#[inline(always)]
pub(crate) fn for_writing(values: &[f32]) {
    values.chunks(LINE).for_each(write_line);
}

/// Asks for numbers that will be read.
#[inline(always)]
pub(crate) fn for_reading(values: &[f32]) {
    values.chunks(LINE).for_each(read_line);
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
#[allow(unsafe_code, reason = "the only way to name the instruction")]
fn write_line(line: &[f32]) {
    use std::arch::x86_64::{_MM_HINT_ET0, _mm_prefetch};
    // SAFETY: a prefetch reads and writes nothing, whatever the address; this one is that of a slice.
    unsafe { _mm_prefetch::<_MM_HINT_ET0>(line.as_ptr().cast()) }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
#[allow(unsafe_code, reason = "the only way to name the instruction")]
fn read_line(line: &[f32]) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: as above.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) }
}

#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn write_line(_line: &[f32]) {}

#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn read_line(_line: &[f32]) {}
