//! How training went.

use crate::block::{Block, Section};
use crate::chart::{Axis, Chart, Series};

/// Curves of a run, over epochs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrainingCurves {
    /// Cross-entropy of the training images.
    pub train_loss: Vec<(f64, f64)>,
    /// Cross-entropy of the validation images.
    pub validation_loss: Vec<(f64, f64)>,
    /// Share of training images that are answered rightly.
    pub train_accuracy: Vec<(f64, f64)>,
    /// Share of validation images that are answered rightly.
    pub validation_accuracy: Vec<(f64, f64)>,
    /// The learning rate.
    pub learning_rate: Vec<(f64, f64)>,
    /// Training images per second.
    pub images_per_second: Vec<(f64, f64)>,
}

impl TrainingCurves {
    /// The curves as a section; those without points are left out.
    #[must_use]
    pub fn section(self) -> Section {
        let chart = |title: &str, y: Axis| Chart::new(title, Axis::new("Epoch"), y);
        let both = |chart: Chart, train: Vec<_>, validation: Vec<_>| {
            let validation = Series::new("validation", validation).with_dots();
            chart.with(Series::new("training", train)).with(validation)
        };
        let loss = chart("Loss", Axis::new("Cross-entropy (nats)"));
        let accuracy = chart("Accuracy", Axis::share("Share of right answers"));
        let rate = chart("Learning rate", Axis::new("Learning rate"));
        let speed = chart("Speed", Axis::from_zero("Images per second"));
        let charts = [
            both(loss, self.train_loss, self.validation_loss),
            both(accuracy, self.train_accuracy, self.validation_accuracy),
            rate.with(Series::new("learning rate", self.learning_rate)),
            speed.with(Series::new("speed", self.images_per_second)),
        ];
        let charts = charts.into_iter().filter(|chart| !chart.is_empty()).collect();
        Section::new("Training").with(Block::Charts(charts))
    }
}

/// The recipe as it is in its file.
#[must_use]
pub fn recipe(toml: impl Into<String>) -> Section {
    let title = "All keys (config.toml)".to_owned();
    Section::new("Recipe").with(Block::Code { title, text: toml.into() })
}
