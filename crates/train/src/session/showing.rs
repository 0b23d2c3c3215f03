//! What a run shows besides numbers.

use resnet_data::contact_sheet::{of_batch, png};
use resnet_data::{Batch, RgbImage};
use resnet_models::Classifier;
use resnet_recipe::{Picture, RunEvent, Sink, SinkError, Weights};

use super::Session;
use crate::TrainError;
use crate::learner::Learner;
use crate::tally::Tally;

/// Images of a batch that are shown.
const IMAGES: usize = 16;

impl<M: Classifier + 'static> Session<'_, M> {
    /// Shows what the network gets to see, once.
    pub(super) fn show_images(&mut self, batch: &Batch) -> Result<(), TrainError> {
        if std::mem::replace(&mut self.has_shown_images, true) {
            return Ok(());
        }
        self.show("training_images", false, &of_batch(batch, IMAGES))
    }

    pub(super) fn show_confusion(&mut self, tally: &Tally) -> Result<(), TrainError> {
        if tally.is_empty() {
            return Ok(());
        }
        self.show("confusion_matrix", true, &tally.picture())
    }

    /// Shows how the weights are distributed, where that is asked for.
    pub(super) fn show_weights(&mut self, learner: &Learner<M>) -> Result<(), TrainError> {
        if !self.options.histograms {
            return Ok(());
        }
        let (step, mut result) = (self.position.step, Ok::<(), SinkError>(()));
        learner.see_weights(|name, values| {
            if result.is_ok() {
                result = self.sink.record(&RunEvent::Weights(Weights { name, step, values }));
            }
        });
        Ok(result?)
    }

    fn show(
        &mut self,
        name: &'static str,
        of_evaluation: bool,
        image: &RgbImage,
    ) -> Result<(), TrainError> {
        let (step, png) = (self.position.step, png(image)?);
        let picture = Picture { name, step, of_evaluation, png: &png };
        Ok(self.sink.record(&RunEvent::Picture(picture))?)
    }
}
