use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::column::Rows;

/// Row groups that are kept decompressed. Threads that read in order are at two neighbours at most;
/// row groups of images are made of about 100 rows.
const KEPT: usize = 4;

/// The row groups that were asked for last.
#[derive(Default)]
pub(super) struct Cache {
    /// The newest is the last.
    slots: Mutex<VecDeque<(usize, Arc<Slot>)>>,
}

/// Held while the row group is read, so that several threads read it once.
type Slot = Mutex<Option<Arc<Rows>>>;

impl Cache {
    /// The row group of this number, from `read` if it is not kept.
    pub(super) fn get<E>(
        &self,
        number: usize,
        read: impl FnOnce() -> Result<Rows, E>,
    ) -> Result<Arc<Rows>, E> {
        let slot = self.slot(number);
        let mut rows = lock(&slot);
        if let Some(rows) = &*rows {
            return Ok(Arc::clone(rows));
        }
        let read = Arc::new(read()?);
        *rows = Some(Arc::clone(&read));
        Ok(read)
    }

    fn slot(&self, number: usize) -> Arc<Slot> {
        let mut slots = lock(&self.slots);
        if let Some((_, slot)) = slots.iter().find(|(kept, _)| *kept == number) {
            return Arc::clone(slot);
        }
        if slots.len() == KEPT {
            slots.pop_front();
        }
        let slot = Arc::new(Slot::default());
        slots.push_back((number, Arc::clone(&slot)));
        slot
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is in there is replaced as a whole: it is valid even after a panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
