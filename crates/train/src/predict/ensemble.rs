//! Several networks that answer together.

use std::path::PathBuf;
use std::sync::Arc;

use resnet_data::Source;

use super::{Prediction, Predictor};
use crate::TrainError;

/// Networks for the same classes, such as those of a cross-validation; their answer is the mean of
/// their probabilities. Each has its own transform and normalisation.
#[derive(Debug, Clone)]
pub struct Ensemble {
    first: Predictor,
    others: Vec<Predictor>,
}

impl Ensemble {
    /// `first` and `others`.
    ///
    /// # Errors
    /// [`TrainError::OtherClasses`] if they tell other classes apart.
    pub fn new(first: Predictor, others: Vec<Predictor>) -> Result<Self, TrainError> {
        let classes = &first.trained().classes;
        match others.iter().find(|other| other.trained().classes != *classes) {
            Some(other) => {
                let path = |predictor: &Predictor| predictor.trained().path.clone();
                Err(TrainError::OtherClasses { first: path(&first), other: path(other) })
            }
            None => Ok(Self { first, others }),
        }
    }

    /// Names of the classes.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        &self.first.trained().classes
    }

    /// The networks.
    pub fn members(&self) -> impl Iterator<Item = &Predictor> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// As [`Predictor::images`], by all of them.
    ///
    /// # Errors
    /// As there.
    pub fn images(&self, images: &Arc<dyn Source>) -> Result<Vec<Prediction>, TrainError> {
        self.mean(|member| member.images(images))
    }

    /// As [`Predictor::files`], by all of them.
    ///
    /// # Errors
    /// As there.
    pub fn files(&self, paths: &[PathBuf]) -> Result<Vec<Prediction>, TrainError> {
        self.mean(|member| member.files(paths))
    }

    fn mean(
        &self,
        ask: impl Fn(&Predictor) -> Result<Vec<Prediction>, TrainError>,
    ) -> Result<Vec<Prediction>, TrainError> {
        let mut sums = ask(&self.first)?;
        for other in &self.others {
            for (sum, answer) in sums.iter_mut().zip(ask(other)?) {
                add(sum, answer);
            }
        }
        let share = 1.0 / (1 + self.others.len()) as f32;
        for probabilities in sums.iter_mut().filter_map(|sum| sum.probabilities.as_mut().ok()) {
            probabilities.iter_mut().for_each(|probability| *probability *= share);
        }
        Ok(sums)
    }
}

/// Adds the probabilities of `answer`; the first reason against any of them stays.
fn add(sum: &mut Prediction, answer: Prediction) {
    match (&mut sum.probabilities, answer.probabilities) {
        (Ok(sum), Ok(more)) => sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more),
        (Ok(_), Err(reason)) => sum.probabilities = Err(reason),
        (Err(_), _) => {}
    }
}
