//! What a network said about a set of images, and what is true.

use std::sync::Arc;

use resnet_data::{Dataset, Source};
use resnet_metrics::{Groups, MetricsError, MultiLabel, Predictions};
use serde::{Deserialize, Serialize};

use crate::TrainError;
use crate::predict::Ensemble;

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
    /// The probability of each class; where one class is true of an image, they add up to 1.
    pub probabilities: Vec<f64>,
}

/// The answers about a set of images, in their order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Answers {
    /// Names of the classes.
    pub classes: Vec<String>,
    /// For each number that is a truth the classes that are true; empty if it is the number of the class.
    pub label_sets: Vec<Vec<usize>>,
    /// The same for classes of which it is not known whether they are true; empty if there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown_labels: Vec<Vec<usize>>,
    /// One for each image that could be read.
    pub answers: Vec<Answer>,
    /// Places of the images that could not be read, and why.
    pub unreadable: Vec<(String, String)>,
}

impl Answers {
    /// Asks `networks` about every image of `images`; `subgroup` is a column of the manifest.
    ///
    /// # Errors
    /// [`TrainError::Data`] if the source cannot be read.
    pub fn of(
        networks: &Ensemble,
        images: &Arc<dyn Source>,
        subgroup: Option<&str>,
    ) -> Result<Self, TrainError> {
        let mut all = Self { classes: networks.classes().to_vec(), ..Self::default() };
        let owned = |word: Option<&str>| word.map(str::to_owned);
        let recipe = &networks.first().trained().recipe;
        let one_is_true = recipe.data.label_sets.is_empty();
        for (image, said) in networks.images(images)?.into_iter().enumerate() {
            let distribution = said.distribution().filter(|_| one_is_true);
            let probabilities = match (distribution, said.probabilities) {
                (Some(distribution), _) => distribution,
                (None, Ok(probabilities)) => probabilities.into_iter().map(f64::from).collect(),
                (None, Err(reason)) => {
                    all.unreadable.push((said.place, reason));
                    continue;
                }
            };
            all.answers.push(Answer {
                image,
                place: said.place,
                group: owned(images.group(image)),
                subgroup: owned(subgroup.and_then(|column| images.column(image, column))),
                truth: said.label.expect("what was answered was read, with its label") as usize,
                probabilities,
            });
        }
        Ok(all)
    }

    /// These answers about images of `dataset`, of which each number of a truth stands for a set where they
    /// have several labels ([`Dataset::label_sets`], [`Dataset::unknown_labels`]); nothing changes without.
    #[must_use]
    pub fn with_labels_of(self, dataset: &Dataset) -> Self {
        let (label_sets, unknown_labels) = (dataset.label_sets(), dataset.unknown_labels());
        Self { label_sets, unknown_labels, ..self }
    }

    /// Whether any number of classes may be true of an image.
    #[must_use]
    pub fn is_multi_label(&self) -> bool {
        !self.label_sets.is_empty()
    }

    /// Whether `class` is true of the image of an answer.
    #[must_use]
    pub fn is_true(&self, answer: &Answer, class: usize) -> bool {
        match self.label_sets.get(answer.truth) {
            Some(set) => set.contains(&class),
            None => answer.truth == class,
        }
    }

    /// Whether it is known if `class` is true of the image of an answer.
    #[must_use]
    pub fn is_known(&self, answer: &Answer, class: usize) -> bool {
        !self.unknown_labels.get(answer.truth).is_some_and(|unknown| unknown.contains(&class))
    }

    /// As a manifest says it whether `class` is true of the image of an answer: 1 or 0, empty if that is not
    /// known.
    #[must_use]
    pub fn truth_of(&self, answer: &Answer, class: usize) -> String {
        let truth = u8::from(self.is_true(answer, class)).to_string();
        if self.is_known(answer, class) { truth } else { String::new() }
    }

    /// The answers to the question whether one class is true, about the images of which that is known: of
    /// two classes the first is that it is not, the second that it is.
    #[must_use]
    pub fn question(&self, class: usize) -> Self {
        let name = &self.classes[class];
        let answer = |answer: &Answer| {
            let yes = answer.probabilities[class];
            let truth = usize::from(self.is_true(answer, class));
            Answer { truth, probabilities: vec![1.0 - yes, yes], ..answer.clone() }
        };
        let known = self.answers.iter().filter(|answer| self.is_known(answer, class));
        Self {
            classes: vec![format!("without {name}"), name.clone()],
            answers: known.map(answer).collect(),
            unreadable: self.unreadable.clone(),
            ..Self::default()
        }
    }

    /// Scores and truth of every class, for metrics of several labels.
    ///
    /// # Errors
    /// [`MetricsError`] if there are none.
    pub fn multi_label(&self) -> Result<MultiLabel, MetricsError> {
        let scores = self.answers.iter().flat_map(|answer| answer.probabilities.clone());
        let rows = |of: &dyn Fn(&Answer, usize) -> bool| -> Vec<bool> {
            let classes = 0..self.classes.len();
            let row = |answer| classes.clone().map(move |class| of(answer, class));
            self.answers.iter().flat_map(row).collect()
        };
        let truth = rows(&|answer, class| self.is_true(answer, class));
        let known = rows(&|answer, class| self.is_known(answer, class));
        MultiLabel::new(self.classes.len(), scores.collect(), truth)?.where_known(known)
    }

    /// Probabilities and truth, for metrics.
    ///
    /// # Errors
    /// [`MetricsError`] if there are none, or if a class has no name.
    pub fn predictions(&self) -> Result<Predictions, MetricsError> {
        let rows = self.answers.iter().flat_map(|answer| answer.probabilities.iter().copied());
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
