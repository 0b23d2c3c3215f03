//! Working memory that each thread keeps between calls.

use std::cell::Cell;

use super::gather::Gatherer;
use super::scatter::Scatterer;

/// What a task packs its operands into.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub(crate) packed: Vec<f32>,
    pub(crate) other: Vec<f32>,
    pub(crate) tile: Vec<f32>,
    pub(crate) gatherer: Gatherer,
    pub(crate) scatterer: Scatterer,
}

thread_local! {
    static SCRATCH: Cell<Scratch> = Cell::default();
}

/// Lends this thread's working memory to `work`.
pub(crate) fn with<T>(work: impl FnOnce(&mut Scratch) -> T) -> T {
    let mut scratch = SCRATCH.take();
    let result = work(&mut scratch);
    SCRATCH.set(scratch);
    result
}

/// Makes `buffer` at least `length` long; what it holds is left over from earlier calls.
pub(crate) fn grow(buffer: &mut Vec<f32>, length: usize) -> &mut [f32] {
    if buffer.len() < length {
        buffer.resize(length, 0.0);
    }
    &mut buffer[..length]
}
