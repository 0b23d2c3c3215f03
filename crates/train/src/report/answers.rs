//! What a network said about a set of images, and what is true.

use std::sync::Arc;

use resnet_data::Source;
use resnet_metrics::{Groups, MetricsError, Predictions};
use serde::{Deserialize, Serialize};

use crate::TrainError;
use crate::predict::Predictor;

/// The answer about one image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Its number in the source.
    pub image: usize,
    /// Where the image is stored.
    pub place: String,
    /// What it shares with others, such as the patient.
    pub group: Option<String>,
    /// Its value in the column of the subgroups, if there is one.
    pub subgroup: Option<String>,
    /// The number of its class.
    pub truth: usize,
    /// The probability of each class, as the network said it.
    pub probabilities: Vec<f64>,
}

/// The answers about a set of images, in their order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answers {
    /// Names of the classes.
    pub classes: Vec<String>,
    /// One for each image that could be read.
    pub answers: Vec<Answer>,
    /// Places of the images that could not be read, and why.
    pub unreadable: Vec<(String, String)>,
}

impl Answers {
    /// Asks `predictor` about every image of `images`; `subgroup` is a column of the manifest.
    ///
    /// # Errors
    /// [`TrainError::Data`] if the source cannot be read.
    pub fn of(
        predictor: &Predictor,
        images: &Arc<dyn Source>,
        subgroup: Option<&str>,
    ) -> Result<Self, TrainError> {
        let classes = predictor.trained().classes.clone();
        let mut all = Self { classes, answers: Vec::new(), unreadable: Vec::new() };
        let owned = |word: Option<&str>| word.map(str::to_owned);
        for (image, said) in predictor.images(images)?.into_iter().enumerate() {
            let probabilities = match said.probabilities {
                Ok(probabilities) => probabilities.into_iter().map(f64::from).collect(),
                Err(reason) => {
                    all.unreadable.push((said.place, reason));
                    continue;
                }
            };
            all.answers.push(Answer {
                image,
                place: said.place,
                group: owned(images.group(image)),
                subgroup: owned(subgroup.and_then(|column| images.column(image, column))),
                truth: images.label(image)? as usize,
                probabilities,
            });
        }
        Ok(all)
    }

    /// Probabilities and truth, for metrics.
    ///
    /// # Errors
    /// [`MetricsError`] if there are none, or if a class has no name.
    pub fn predictions(&self) -> Result<Predictions, MetricsError> {
        let rows = self.answers.iter().flat_map(|answer| normalised(&answer.probabilities));
        Predictions::new(self.classes.len(), rows.collect(), self.truth())
    }

    /// The class of each image.
    #[must_use]
    pub fn truth(&self) -> Vec<usize> {
        self.answers.iter().map(|answer| answer.truth).collect()
    }

    /// Logarithms of the probabilities, row by row: logits of the same distribution.
    #[must_use]
    pub fn logits(&self) -> Vec<f64> {
        let rows = self.answers.iter().flat_map(|answer| &answer.probabilities);
        rows.map(|probability| probability.max(f64::from(f32::MIN_POSITIVE)).ln()).collect()
    }

    /// Which images belong together; an image without a group is one of its own.
    #[must_use]
    pub fn groups(&self) -> Groups {
        // No place can be the name of a group of a manifest: it is one line.
        let name = |answer: &Answer| match &answer.group {
            Some(group) => group.clone(),
            None => format!("\n{}", answer.place),
        };
        Groups::by_name(&self.answers.iter().map(name).collect::<Vec<_>>())
    }

    /// The subgroup of each image, `–` where none is known; `None` if none is known of any.
    #[must_use]
    pub fn subgroups(&self) -> Option<Vec<String>> {
        let known = self.answers.iter().any(|answer| answer.subgroup.is_some());
        let name = |answer: &Answer| answer.subgroup.clone().unwrap_or_else(|| "–".to_owned());
        known.then(|| self.answers.iter().map(name).collect())
    }
}

/// Rounding of 32-bit floats taken out.
fn normalised(row: &[f64]) -> impl Iterator<Item = f64> + '_ {
    let sum: f64 = row.iter().sum();
    row.iter().map(move |probability| probability / sum)
}
