use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::column::Rows;

/// Row groups that are remembered. Threads that read in order are at two neighbours at most; row groups
/// of images are made of about 100 rows.
const KEPT: usize = 4;

/// The row groups that were asked for last.
///
/// A row group is decompressed as a whole when it is asked for a second time: whoever reads in order does
/// so at once, whoever reads a large set shuffled hardly ever.
#[derive(Default)]
pub(super) struct Cache {
    /// The newest is the last.
    slots: Mutex<VecDeque<(usize, Arc<Slot>)>>,
}

/// Held while the row group is read, so that several threads read it once.
type Slot = Mutex<Option<Arc<Rows>>>;

impl Cache {
    /// The row group of this number, from `read` if it is not kept; nothing if it was not asked for
    /// lately.
    pub(super) fn get<E>(
        &self,
        number: usize,
        read: impl FnOnce() -> Result<Rows, E>,
    ) -> Result<Option<Arc<Rows>>, E> {
        let Some(slot) = self.slot(number) else { return Ok(None) };
        let mut rows = lock(&slot);
        if let Some(rows) = &*rows {
            return Ok(Some(Arc::clone(rows)));
        }
        let read = Arc::new(read()?);
        *rows = Some(Arc::clone(&read));
        Ok(Some(read))
    }

    /// The place of a row group that was asked for lately; makes one for it otherwise.
    fn slot(&self, number: usize) -> Option<Arc<Slot>> {
        let mut slots = lock(&self.slots);
        if let Some((_, slot)) = slots.iter().find(|(kept, _)| *kept == number) {
            return Some(Arc::clone(slot));
        }
        if slots.len() == KEPT {
            slots.pop_front();
        }
        slots.push_back((number, Arc::default()));
        None
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is in there is replaced as a whole: it is valid even after a panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
