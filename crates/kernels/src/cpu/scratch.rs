//! Working memory that each thread keeps between calls.

use std::cell::Cell;

use super::correlate::Block;

/// What a task packs its operands into.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub(crate) packed: Buffer,
    pub(crate) other: Buffer,
    pub(crate) block: Block,
    /// Zeros only.
    pub(crate) zeros: Vec<f32>,
}

impl Scratch {
    /// At least `length` zeros, which go back into [`zeros`](Self::zeros) unchanged.
    #[inline(always)]
    pub(crate) fn take_zeros(&mut self, length: usize) -> Vec<f32> {
        let mut zeros = std::mem::take(&mut self.zeros);
        zeros.resize(zeros.len().max(length), 0.0);
        zeros
    }
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

/// Bytes of a cache line and of the widest vector: a vector that crosses lines takes twice as long.
const LINE: usize = 64;

/// Memory that begins with a cache line.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    values: Vec<f32>,
}

impl Buffer {
    /// The first `length` numbers; what they are is left over from earlier calls.
    pub(crate) fn grow(&mut self, length: usize) -> &mut [f32] {
        let margin = LINE / size_of::<f32>();
        if self.values.len() < length + margin {
            self.values = vec![0.0; length + margin];
        }
        let start = self.start();
        &mut self.values[start..start + length]
    }

    /// All numbers.
    #[inline(always)]
    pub(crate) fn get(&self) -> &[f32] {
        &self.values[self.start()..]
    }

    /// All numbers, to write.
    #[inline(always)]
    pub(crate) fn get_mut(&mut self) -> &mut [f32] {
        let start = self.start();
        &mut self.values[start..]
    }

    #[inline(always)]
    fn start(&self) -> usize {
        self.values.as_ptr().align_offset(LINE).min(self.values.len())
    }
}
