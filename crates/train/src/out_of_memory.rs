//! A device without room for a step.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// What devices say when they have no room.
const SIGNS: [&str; 4] = ["out of memory", "outofmemory", "out_of_memory", "memory allocation of"];

/// `work`, or what the device said when it had no room for it: backends panic then. Any other panic goes
/// on.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    // Whoever gets an error ends the run: what the work left half done is not looked at again.
    catch_unwind(AssertUnwindSafe(work)).or_else(|panic| match complaint(&*panic) {
        Some(text) => Err(text),
        None => resume_unwind(panic),
    })
}

/// What a panic says, if it is about memory.
fn complaint(panic: &(dyn Any + Send)) -> Option<String> {
    let text = panic.downcast_ref::<&str>().map(|&text| text.to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned())?;
    let lower = text.to_lowercase();
    SIGNS.iter().any(|sign| lower.contains(sign)).then_some(text)
}
