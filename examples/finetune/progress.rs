//! What a person sees while training goes on: a line for each epoch.

use resnet::recipe::{EpochReport, RunStart, SinkError};
use resnet::{RunEvent, Sink};

use crate::tell::tell;

#[derive(Default)]
pub(crate) struct Progress {
    epochs: u64,
    /// Whether images have several labels.
    labels: bool,
}

impl Progress {
    fn start(&mut self, start: &RunStart<'_>) {
        self.epochs = start.recipe.train.epochs;
        self.labels = !start.recipe.data.label_sets.is_empty();
        tell(&format!(
            "Training {} on {} images, watched on {}, at most {} epochs.",
            start.recipe.model.name, start.train_images, start.validation_images, self.epochs
        ));
        if let Some(resumed) = &start.resumed {
            tell(&format!("Going on at step {} from {}.", resumed.step, resumed.path.display()));
        }
    }

    fn epoch(&self, report: &EpochReport) {
        let EpochReport { epoch, train, validation, seconds, .. } = report;
        let right = if self.labels { "labels right" } else { "top-1" };
        let mut text = format!(
            "epoch {epoch}/{}  train: loss {:.3}, {right} {:.1} %",
            self.epochs,
            train.cross_entropy,
            100.0 * train.top1
        );
        if let Some(validation) = validation {
            let averages = &validation.averages;
            let (loss, top1) = (averages.cross_entropy, 100.0 * averages.top1);
            text += &format!("  validation: loss {loss:.3}, {right} {top1:.1} %");
        }
        tell(&format!("{text}  {seconds:.0} s"));
    }
}

impl Sink for Progress {
    fn record(&mut self, event: &RunEvent<'_>) -> Result<(), SinkError> {
        match event {
            RunEvent::Started(start) => self.start(start),
            RunEvent::Epoch(report) => self.epoch(report),
            RunEvent::Damaged(damaged) => {
                tell(&format!("warning: a checkpoint is left out: {}", damaged.reason));
            }
            RunEvent::NonFinite(step) => {
                tell(&format!("warning: {}; {}", step.in_words(), step.action));
            }
            _ => {}
        }
        Ok(())
    }
}
