//! What a network said about a set of images, and what is true.

use std::sync::Arc;

use resnet_data::Source;
use resnet_metrics::{Groups, Predictions};
use serde::{Deserialize, Serialize};

use crate::{FinetuneError, Network};

/// The answer about one image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
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
}

impl Answers {
    /// Asks `network` about every image of `images`; `subgroup` is a column of the manifest.
    ///
    /// # Errors
    /// [`FinetuneError::Image`] for an image that cannot be read.
    pub fn of(
        network: &Network,
        images: &Arc<dyn Source>,
        subgroup: Option<&str>,
    ) -> Result<Self, FinetuneError> {
        let answer = |(index, probabilities): (usize, Vec<f64>)| {
            let owned = |word: Option<&str>| word.map(str::to_owned);
            Ok(Answer {
                place: images.place(index),
                group: owned(images.group(index)),
                subgroup: owned(subgroup.and_then(|column| images.column(index, column))),
                truth: images.label(index)? as usize,
                probabilities,
            })
        };
        let answers = network.probabilities(images)?.into_iter().enumerate().map(answer);
        let answers = answers.collect::<Result<_, FinetuneError>>()?;
        Ok(Self { classes: network.classes().to_vec(), answers })
    }

    /// These answers and others about other images.
    #[must_use]
    pub fn joined(mut self, others: Self) -> Self {
        self.answers.extend(others.answers);
        self
    }

    /// Probabilities and truth, for metrics.
    ///
    /// # Errors
    /// [`FinetuneError::Metrics`] if there are none.
    pub fn predictions(&self) -> Result<Predictions, FinetuneError> {
        let rows = self.answers.iter().flat_map(|answer| normalised(&answer.probabilities));
        Ok(Predictions::new(self.classes.len(), rows.collect(), self.truth())?)
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
