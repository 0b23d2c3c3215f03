use std::sync::atomic::{AtomicU32, Ordering};

/// The labels of those records that were read: a record holds its label beside the image, so that to ask
/// for all labels means to read the whole set.
#[derive(Debug)]
pub(super) struct KnownLabels(Box<[AtomicU32]>);

/// No class: of as many as there may be the last has a smaller number.
const UNKNOWN: u32 = u32::MAX;

impl KnownLabels {
    /// Of `len` records none is known.
    pub(super) fn none_of(len: usize) -> Self {
        Self((0..len).map(|_| AtomicU32::new(UNKNOWN)).collect())
    }

    pub(super) fn get(&self, index: usize) -> Option<u32> {
        // Each label is whole by itself, and the same whoever has read it.
        Some(self.0[index].load(Ordering::Relaxed)).filter(|&label| label != UNKNOWN)
    }

    pub(super) fn keep(&self, index: usize, label: u32) {
        self.0[index].store(label, Ordering::Relaxed);
    }
}
