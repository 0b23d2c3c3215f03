//! How many images fit into a step, and from how many on larger steps are no faster.

use std::time::Instant;

use resnet_data::{Batch, Depth, PixelFormat, Pixels};
use resnet_recipe::Recipe;
use serde::{Deserialize, Serialize};

use crate::TrainError;
use crate::device::Chosen;
use crate::learner::{Learner, StepAt};
use crate::memory::peak_bytes;
use crate::meter::Meter;
use crate::pixels::pixel_format;

/// A batch twice as large has to be faster by this share to be worth its memory.
const WORTH_IT: f64 = 0.05;
/// Share of the free memory that a trial may be expected to take.
const ROOM: f64 = 0.9;

/// What a few steps with batches of one size have shown.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Images in a batch.
    pub batch_size: usize,
    /// Training images per second.
    pub images_per_second: f64,
    /// The most memory that was taken, in bytes ([`peak_bytes`]); `None` where nobody tells.
    pub peak_bytes: Option<u64>,
}

/// The batch size to train with: doubled from `first` up to `most` while `attempt` succeeds, the steps
/// become faster by more than 5 % and the host's free memory is expected to suffice; `None` if not even
/// the first succeeds.
///
/// An attempt may end with the device out of memory, from which a process does not always recover: let
/// it be one of its own.
pub fn choose(
    first: usize,
    most: usize,
    free_bytes: Option<u64>,
    mut attempt: impl FnMut(usize) -> Option<Trial>,
) -> Option<Trial> {
    let mut trials = vec![attempt(first)?];
    loop {
        let newest = *trials.last().expect("the first");
        let next = newest.batch_size * 2;
        if next > most || !fits(&trials, free_bytes) {
            return Some(newest);
        }
        match attempt(next) {
            Some(trial) if is_faster(&trial, &newest) => trials.push(trial),
            _ => return Some(newest),
        }
    }
}

fn is_faster(trial: &Trial, before: &Trial) -> bool {
    trial.images_per_second > (1.0 + WORTH_IT) * before.images_per_second
}

/// Whether a batch twice as large as the newest is expected to fit: memory grows in a straight line.
fn fits(trials: &[Trial], free_bytes: Option<u64>) -> bool {
    let peak = |from_end: usize| trials.iter().rev().nth(from_end)?.peak_bytes;
    let (Some(free), Some(newest), Some(before)) = (free_bytes, peak(0), peak(1)) else {
        return true;
    };
    let expected = newest + 2 * newest.saturating_sub(before);
    (expected as f64) < ROOM * free as f64
}

/// Trains the network of `recipe` for three steps of made-up images in batches of its size.
///
/// # Errors
/// [`TrainError`] if there is no such network or device.
pub fn attempt(recipe: &Recipe, chosen: &Chosen) -> Result<Trial, TrainError> {
    let batch_size = recipe.train.batch_size;
    let mut plain = recipe.clone();
    // Which weights the classes have changes neither time nor memory.
    plain.loss.class_weights = resnet_recipe::ClassWeights::Equal;
    let mut learner = Learner::new(&plain, &chosen.device)?;
    let mut meter = Meter::default();
    let mut seconds = f64::INFINITY;
    for step in 0..3 {
        let start = Instant::now();
        learner = learner.step(made_up(recipe), StepAt { step, lr: 0.0 }, &mut meter);
        meter.take();
        drop(chosen.device.sync());
        seconds = seconds.min(start.elapsed().as_secs_f64());
    }
    let images_per_second = batch_size as f64 / seconds;
    Ok(Trial { batch_size, images_per_second, peak_bytes: peak_bytes(&chosen.device) })
}

/// Levels without structure, of the largest size that the recipe's images get, and every label in turn.
fn made_up(recipe: &Recipe) -> Batch {
    let (slots, last) = (recipe.train.batch_size, recipe.train.epochs.saturating_sub(1));
    let side = recipe.training_size(last).max(recipe.training_size(0));
    let PixelFormat { channels, depth } = pixel_format(recipe);
    let level = |i: usize| i.wrapping_mul(2_654_435_761) >> 7;
    let levels = (0..slots * side * side * channels.count()).map(level);
    let images = match depth {
        Depth::Eight => Pixels::Eight(levels.map(|level| level as u8).collect()),
        Depth::Sixteen => Pixels::Sixteen(levels.map(|level| level as u16).collect()),
    };
    Batch {
        images,
        channels,
        labels: (0..labels(recipe)).cycle().take(slots).collect(),
        weights: vec![1.0; slots],
        height: side,
        width: side,
        ..Batch::default()
    }
}

/// Number of labels: of classes, or of sets of classes where several may be true of an image.
fn labels(recipe: &Recipe) -> u32 {
    let labels = match &recipe.data.label_sets[..] {
        [] => recipe.model.num_classes,
        sets => sets.len(),
    };
    u32::try_from(labels).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use resnet_recipe::{Bits, LossKind, presets};

    use super::*;

    const MIB: u64 = 1 << 20;

    /// A device on which a step takes `fixed` images' time besides its own images', with `room` for
    /// images.
    fn device(fixed: f64, room: usize) -> impl Fn(usize) -> Option<Trial> {
        move |batch_size| {
            let images = batch_size as f64;
            let images_per_second = 1000.0 * images / (fixed + images);
            let peak_bytes = Some(500 * MIB + 10 * MIB * batch_size as u64);
            (batch_size <= room).then_some(Trial { batch_size, images_per_second, peak_bytes })
        }
    }

    fn chosen(most: usize, free: Option<u64>, fixed: f64, room: usize) -> Option<usize> {
        choose(8, most, free, device(fixed, room)).map(|trial| trial.batch_size)
    }

    #[test]
    fn the_largest_that_fits_is_taken_while_larger_ones_are_faster() {
        assert_eq!(chosen(4096, None, 1000.0, 300), Some(256), "out of memory at 512");
        assert_eq!(chosen(100, None, 1000.0, 300), Some(64), "more than there are images");
        assert_eq!(chosen(4096, None, 10.0, 9999), Some(128), "256 is less than 5 % faster");
        assert_eq!(chosen(4096, None, 10.0, 4), None, "not even the first");
    }

    #[test]
    fn no_trial_is_made_for_which_memory_is_not_expected_to_suffice() {
        // 64 images take 1140 MiB, 128 would take 1780.
        assert_eq!(chosen(4096, Some(1500 * MIB), 1000.0, 300), Some(64));
        assert_eq!(chosen(4096, Some(64 << 30), 1000.0, 300), Some(256));
    }

    #[test]
    fn a_trial_has_the_labels_and_the_depth_of_the_recipe() {
        let mut recipe = presets::fashion_mnist_sample();
        (recipe.train.batch_size, recipe.data.image_size) = (8, 12);
        recipe.data.bits = Bits::Sixteen;
        let batch = made_up(&recipe);
        assert_eq!(
            (&batch.labels[..], batch.images.depth()),
            (&[0, 1, 2, 3, 4, 5, 6, 7][..], Depth::Sixteen)
        );
        recipe.data.bits = Bits::Auto;
        recipe.data.label_sets = vec![vec![], vec![2, 7], vec![9]];
        recipe.loss.kind = LossKind::BinaryCrossEntropy;
        let batch = made_up(&recipe);
        assert_eq!(
            (&batch.labels[..], batch.images.depth()),
            (&[0, 1, 2, 0, 1, 2, 0, 1][..], Depth::Eight)
        );
    }

    #[test]
    fn images_with_several_labels_and_16_bits_can_be_tried() {
        let mut recipe = presets::fashion_mnist_sample();
        (recipe.train.batch_size, recipe.data.image_size) = (4, 12);
        recipe.data.bits = Bits::Sixteen;
        recipe.data.label_sets = vec![vec![], vec![2, 7]];
        recipe.loss.kind = LossKind::BinaryCrossEntropy;
        let (name, reason) = ("CPU".to_owned(), "a test".to_owned());
        let device = burn::tensor::Device::flex();
        let trial = attempt(&recipe, &Chosen { device, api: None, name, reason }).expect("steps");
        assert!(trial.batch_size == 4 && trial.images_per_second > 0.0);
    }
}
