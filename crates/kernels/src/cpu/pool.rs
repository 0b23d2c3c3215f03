//! Memory that goes from one tensor to the next.
//!
//! A network asks for the same sizes in every step. Fresh memory of these sizes is zeroed by one
//! thread or comes page by page from the kernel; memory that a finished operation gave back costs
//! nothing.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Below this many numbers the allocator is as fast.
const SMALLEST: usize = 4096;
/// Numbers of a buffer that huge pages are worth.
const LARGE: usize = 1 << 20;
/// Bytes of the pages that a system has at least.
#[cfg(target_os = "linux")]
const PAGE: usize = 1 << 12;
/// Buffers of a length that nobody asked for during so many requests are freed: several steps of the
/// deepest networks.
const PATIENCE: u64 = 8192;

/// Buffers of one length.
#[derive(Debug, Default)]
struct Shelf {
    free: Vec<Vec<f32>>,
    /// Taken and not given back: no more are kept than were ever in use together.
    lent: usize,
    last_request: u64,
}

#[derive(Debug, Default)]
struct Pool {
    shelves: HashMap<usize, Shelf>,
    requests: u64,
}

impl Pool {
    fn take(&mut self, length: usize) -> Option<Vec<f32>> {
        self.requests += 1;
        let now = self.requests;
        if now.is_multiple_of(PATIENCE) {
            self.shelves.retain(|_, shelf| now - shelf.last_request < PATIENCE);
        }
        let shelf = self.shelves.entry(length).or_default();
        shelf.lent += 1;
        shelf.last_request = now;
        shelf.free.pop()
    }

    fn give(&mut self, buffer: Vec<f32>) {
        let shelf = self.shelves.entry(buffer.len()).or_default();
        if shelf.lent > 0 {
            shelf.lent -= 1;
            shelf.free.push(buffer);
        }
    }
}

static POOL: Mutex<Option<Pool>> = Mutex::new(None);

fn with<T>(work: impl FnOnce(&mut Pool) -> T) -> T {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    work(pool.get_or_insert_default())
}

/// A buffer of `length` numbers, whatever they are: the caller writes every one.
pub(crate) fn take(length: usize) -> Vec<f32> {
    let used = if length < SMALLEST { None } else { with(|pool| pool.take(length)) };
    used.unwrap_or_else(|| fresh(length))
}

fn fresh(length: usize) -> Vec<f32> {
    let buffer = vec![0.0; length];
    if length >= LARGE {
        ask_for_huge_pages(&buffer);
    }
    buffer
}

/// Asks Linux for pages of two megabytes: with smaller ones a pass over a large image looks up thousands.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "a call of the system")]
fn ask_for_huge_pages(buffer: &[f32]) {
    let start = buffer.as_ptr().addr().next_multiple_of(PAGE);
    let end = (buffer.as_ptr().addr() + size_of_val(buffer)) / PAGE * PAGE;
    let start = buffer.as_ptr().with_addr(start).cast_mut().cast();
    // SAFETY: whole pages of memory that is ours; the advice changes nothing of what they hold, and whether
    // it is taken does not matter.
    unsafe { libc::madvise(start, end - start.addr(), libc::MADV_HUGEPAGE) };
}

#[cfg(not(target_os = "linux"))]
fn ask_for_huge_pages(_buffer: &[f32]) {}

/// Keeps `buffer` for a later [`take`] of its length.
pub(crate) fn give(buffer: Vec<f32>) {
    if buffer.len() >= SMALLEST {
        with(|pool| pool.give(buffer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_that_was_given_back_is_the_next_of_its_length() {
        let mut pool = Pool::default();
        assert_eq!(pool.take(3), None);
        pool.give(vec![1.0, 2.0, 3.0]);
        assert_eq!(pool.take(2), None);
        assert_eq!(pool.take(3), Some(vec![1.0, 2.0, 3.0]));
        assert_eq!(pool.take(3), None);
    }

    #[test]
    fn no_more_buffers_are_kept_than_were_lent() {
        let mut pool = Pool::default();
        assert_eq!(pool.take(1), None);
        pool.give(vec![1.0]);
        pool.give(vec![2.0]);
        assert_eq!(pool.take(1), Some(vec![1.0]));
        assert_eq!(pool.take(1), None);
    }

    #[test]
    fn a_length_that_nobody_asks_for_any_more_is_freed() {
        let mut pool = Pool::default();
        assert_eq!(pool.take(1), None);
        pool.give(vec![1.0]);
        for _ in 0..2 * PATIENCE {
            pool.take(2);
        }
        assert_eq!(pool.take(1), None);
    }
}
