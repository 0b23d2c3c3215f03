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
}

impl Facts {
    /// Looks at every image, as `decoder` shows it.
    ///
    /// # Errors
    /// [`FinetuneError::Data`] with everything that is wrong, if anything has to be mended; or if there
    /// is no split `train`.
    pub fn of(dataset: &Dataset, decoder: Arc<dyn Decoder>) -> Result<Self, FinetuneError> {
        let options = InspectOptions { decoder, ..InspectOptions::default() };
        let go_on = || ControlFlow::Continue(());
        let check = check_for_training(dataset, &options, &go_on)?;
        if !check.is_ready() {
            return Err(FinetuneError::Data(Box::new(check)));
        }
        let train = check.report.splits.iter().position(|split| split.name == "train");
        let train = train.ok_or_else(|| {
            FinetuneError::plan("data", "there is no split train: cut one with with_all_splits")
        })?;
        Ok(Self { check, train })
    }

    /// What the training images are.
    #[must_use]
    pub fn train(&self) -> &SplitReport {
        &self.check.report.splits[self.train]
    }

    /// Names of the classes.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        &self.check.report.classes
    }
}
