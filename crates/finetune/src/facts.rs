//! What is known of the images before training.

use std::ops::ControlFlow;
use std::sync::Arc;

use resnet_data::inspect::{Check, InspectOptions, SplitReport, check_for_training};
use resnet_data::{Dataset, Decoder};

use serde::Serialize;

use crate::FinetuneError;

/// Every image of a data set was looked at, and nothing speaks against training.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Facts {
    /// What was found; warnings only.
    pub check: Check,
    /// Number of the split `train` among those of the report.
    train: usize,
    /// What the network is to tell apart: the classes, or the labels of which several may be true.
    pub outputs: Vec<String>,
    /// For each class the labels that are true; empty if there is one class for each image.
    pub label_sets: Vec<Vec<usize>>,
    /// For each class the labels of which it is not known whether they are true; empty if there is none.
    pub unknown_labels: Vec<Vec<usize>>,
}

impl Facts {
    /// Looks at every image, as `decoder` shows it.
    ///
    /// # Errors
    /// [`FinetuneError::Data`] with everything that is wrong, if anything has to be mended; or if there
    /// is no split `train`.
    pub fn of(dataset: &Dataset, decoder: Arc<dyn Decoder>) -> Result<Self, FinetuneError> {
        let check = Self::check(dataset, decoder)?;
        if !check.is_ready() {
            return Err(FinetuneError::Data(Box::new(check)));
        }
        let train = check.report.splits.iter().position(|split| split.name == "train");
        let train = train.ok_or_else(|| {
            let remedy = "add a folder train/, or the value train in the column split";
            FinetuneError::plan("data", format!("there is no split train: {remedy}"))
        })?;
        Ok(Self {
            check,
            train,
            outputs: dataset.outputs().to_vec(),
            label_sets: dataset.label_sets(),
            unknown_labels: dataset.unknown_labels(),
        })
    }

    /// Everything that is wrong with a data set.
    pub(crate) fn check(
        dataset: &Dataset,
        decoder: Arc<dyn Decoder>,
    ) -> Result<Check, FinetuneError> {
        let options = InspectOptions { decoder, ..InspectOptions::default() };
        let go_on = || ControlFlow::Continue(());
        Ok(check_for_training(dataset, &options, &go_on)?)
    }

    /// What the training images are.
    #[must_use]
    pub fn train(&self) -> &SplitReport {
        &self.check.report.splits[self.train]
    }

    /// How many training images each label is known to be true and not to be true of.
    pub(crate) fn training_labels(&self) -> Vec<[u64; 2]> {
        let counts =
            |label| self.train().label_counts(label, &self.label_sets, &self.unknown_labels);
        (0..self.outputs.len()).map(counts).collect()
    }

    /// How many images of the split `name` have the class or label `output`; `None` if there is no such
    /// split.
    pub(crate) fn images_with(&self, name: &str, output: usize) -> Option<u64> {
        let split = self.check.report.splits.iter().find(|split| split.name == name)?;
        let has = |class: usize| match self.label_sets.get(class) {
            Some(set) => set.contains(&output),
            None => class == output,
        };
        Some(split.images_where(has))
    }
}
