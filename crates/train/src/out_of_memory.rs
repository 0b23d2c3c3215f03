//! A device without room for a step.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use resnet_recipe::Recipe;

use crate::TrainError;

/// What devices say when they have no room. The host's allocator says nothing: it ends the program.
const SIGNS: [&str; 5] = [
    "out of memory",
    "out of device memory",
    "outofmemory",
    "out_of_memory",
    "can't allocate buffer",
];

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
    says_so(&text).then_some(text)
}

/// Whether the words of a device are about its memory.
pub(crate) fn says_so(text: &str) -> bool {
    let lower = text.to_lowercase();
    SIGNS.iter().any(|sign| lower.contains(sign))
}

/// The error for a step of `recipe` on so many ranks, which each have a share of the batch.
pub(crate) fn in_step(recipe: &Recipe, ranks: usize, complaint: String) -> TrainError {
    let (batch, parts) = (recipe.train.batch_size, recipe.optimizer.accumulate);
    let images = (batch / ranks).div_ceil(parts);
    TrainError::OutOfMemory { images, half: half(batch, ranks), parts: 2 * parts, complaint }
}

/// The error for an evaluation, which takes the share of a rank at a time.
pub(crate) fn in_evaluation(recipe: &Recipe, ranks: usize, complaint: String) -> TrainError {
    let batch = recipe.train.batch_size;
    let (images, side) = (batch / ranks, recipe.data.validation_side());
    TrainError::EvaluationOutOfMemory { images, side, half: half(batch, ranks), complaint }
}

/// Half a batch, or a little less, that so many ranks can share.
fn half(batch: usize, ranks: usize) -> usize {
    (batch / 2 / ranks).max(1) * ranks
}

#[cfg(test)]
mod tests {
    use resnet_recipe::presets;

    use super::*;

    fn recipe(batch_size: usize, accumulate: usize) -> Recipe {
        let mut recipe = presets::tutorial();
        (recipe.train.batch_size, recipe.optimizer.accumulate) = (batch_size, accumulate);
        recipe
    }

    #[test]
    fn the_advice_is_about_what_one_device_had_and_can_be_followed() {
        for (batch, accumulate, ranks, expected) in [
            (
                256,
                1,
                1,
                "256 images at a time (no room): take --batch-size 128, or --set optimizer.accumulate=2",
            ),
            (
                264,
                1,
                8,
                "33 images at a time (no room): take --batch-size 128, or --set optimizer.accumulate=2",
            ),
            (
                264,
                2,
                8,
                "17 images at a time (no room): take --batch-size 128, or --set optimizer.accumulate=4",
            ),
            (8, 1, 8, "1 images at a time (no room): take --batch-size 8, or"),
        ] {
            let message = in_step(&recipe(batch, accumulate), ranks, "no room".to_owned());
            assert!(message.to_string().contains(expected), "{message}");
        }
    }

    #[test]
    fn an_evaluation_without_room_says_which_images_and_that_nothing_is_lost() {
        let message = in_evaluation(&recipe(64, 4), 2, "no room".to_owned()).to_string();
        assert!(message.contains("32 images of 224 pixels at a time (no room)"), "{message}");
        assert!(message.contains("the steps before it are saved"), "{message}");
    }

    #[test]
    fn only_complaints_about_memory_are_caught() {
        let caught_text = caught(|| panic!("CUDA_ERROR_OUT_OF_MEMORY")).expect_err("no room");
        assert_eq!(caught_text, "CUDA_ERROR_OUT_OF_MEMORY");
        let other = catch_unwind(|| caught(|| panic!("index out of bounds")));
        assert!(other.is_err(), "any other panic goes on");
    }
}
