//! Several networks that answer together.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use resnet_data::Source;

use super::{Prediction, Predictor};
use crate::TrainError;
use crate::folder::ModelFolder;

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

    /// The networks of the runs below these folders ([`ModelFolder::runs_below`]), such as all folds of
    /// a cross-validation, each as `open` opens its folder.
    ///
    /// # Errors
    /// Those of `open`, and [`TrainError::OtherClasses`].
    pub fn below<E: From<TrainError>>(
        folders: &[PathBuf],
        open: impl Fn(&Path) -> Result<Predictor, E>,
    ) -> Result<Self, E> {
        let runs: Vec<PathBuf> =
            folders.iter().flat_map(|folder| ModelFolder::runs_below(folder)).collect();
        let none = || TrainError::NoCheckpoint { path: PathBuf::new() };
        let (first, others) = runs.split_first().ok_or_else(none)?;
        let others = others.iter().map(|run| open(run)).collect::<Result<_, E>>()?;
        Ok(Self::new(open(first)?, others)?)
    }

    /// The one that shows what spoke for an answer.
    #[must_use]
    pub fn first(&self) -> &Predictor {
        &self.first
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

impl From<Predictor> for Ensemble {
    /// One that answers alone.
    fn from(first: Predictor) -> Self {
        Self { first, others: Vec::new() }
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
