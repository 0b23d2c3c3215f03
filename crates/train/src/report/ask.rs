//! Asks a trained network about every image that can be read.

use std::sync::Arc;

use resnet_data::{Batch, Source};

use crate::TrainError;
use crate::evaluate::viewed;
use crate::predict::Predictor;

/// What it says about the images that could be read.
#[derive(Default)]
pub(super) struct Answers {
    /// Numbers in the source.
    pub(super) images: Vec<usize>,
    pub(super) truth: Vec<usize>,
    /// A row for each image.
    pub(super) logits: Vec<f32>,
}

impl Answers {
    /// Every image once, through the validation transform and in the recipe's batches; those that do not
    /// decode are left out.
    pub(super) fn of(predictor: &Predictor, source: &Arc<dyn Source>) -> Result<Self, TrainError> {
        let trained = predictor.trained();
        let loader = predictor.loader(source, trained.recipe.train.batch_size)?;
        let normalizer = predictor.normalizer();
        let (mut answers, mut first) = (Self::default(), 0);
        for batch in loader.epoch(0, 0) {
            let batch = batch?;
            let (labels, kept) = (batch.labels.clone(), slots_with_an_image(&batch));
            let images = normalizer.upload(batch).images;
            let logits = viewed(&trained.model, images, trained.recipe.data.validation_views);
            let [slots, classes] = logits.dims();
            let rows: Vec<f32> = logits.into_data().iter::<f32>().collect();
            for slot in kept {
                answers.images.push(first + slot);
                answers.truth.push(labels[slot] as usize);
                answers.logits.extend(&rows[slot * classes..(slot + 1) * classes]);
            }
            first += slots;
        }
        Ok(answers)
    }
}

fn slots_with_an_image(batch: &Batch) -> Vec<usize> {
    let weighty = |(slot, &weight): (usize, &f32)| (weight > 0.0).then_some(slot);
    batch.weights.iter().enumerate().filter_map(weighty).collect()
}
