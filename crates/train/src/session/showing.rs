//! What a run shows besides numbers.

use resnet_data::contact_sheet::{of_batch, png};
use resnet_data::{Batch, RgbImage};
use resnet_models::Classifier;
use resnet_recipe::{LayerValues, Picture, RunEvent, Sink, SinkError};

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

    /// Whether the step that comes is one whose gradients will be shown: the last before an evaluation.
    pub(super) fn shows_gradients(&self) -> bool {
        self.options.histograms && (self.position.step + 1).is_multiple_of(self.steps_per_epoch)
    }

    /// Shows how weights and gradients are distributed, where that is asked for.
    pub(super) fn show_layers(&mut self, learner: &Learner<M>) -> Result<(), TrainError> {
        if !self.options.histograms {
            return Ok(());
        }
        let (step, mut result) = (self.position.step, Ok::<(), SinkError>(()));
        let mut show = |event: &RunEvent<'_>| {
            if result.is_ok() {
                result = self.sink.record(event);
            }
        };
        learner.see_weights(|name, values| {
            show(&RunEvent::Weights(LayerValues { name, step, values }));
        });
        learner.see_gradients(|name, values| {
            show(&RunEvent::Gradients(LayerValues { name, step, values }));
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
