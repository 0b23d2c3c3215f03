use std::path::PathBuf;

use resnet_data::inspect::{Check, InspectError};
use resnet_data::{DataError, DatasetError};
use resnet_metrics::MetricsError;
use resnet_models::weights::WeightsError;
use resnet_recipe::RecipeError;
use resnet_train::TrainError;
use thiserror::Error;

/// Why a network was not fine-tuned or not judged.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FinetuneError {
    /// The data set has to be mended first; nothing was trained.
    #[error("nothing was trained, because the data set has to be mended first:\n{0}")]
    Data(Box<Check>),
    /// The data set cannot be opened or split.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// Nothing to look at, or looking was interrupted.
    #[error(transparent)]
    Inspect(#[from] InspectError),
    /// An image cannot be read.
    #[error(transparent)]
    Image(#[from] DataError),
    /// What is asked for makes no sense with these images.
    #[error("{option}: {problem}")]
    Plan {
        /// The option.
        option: &'static str,
        /// What is wrong with it, and what to do.
        problem: String,
    },
    /// The recipe that follows makes no sense.
    #[error(transparent)]
    Recipe(#[from] Box<RecipeError>),
    /// The weights to start from cannot be read, or are of another network.
    #[error("pretrained: {0}")]
    Pretrained(#[source] WeightsError),
    /// Somebody asked training to stop; what was learnt is kept.
    #[error("stopped; the run is saved, and the same command goes on with it")]
    Stopped,
    /// Training failed.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The answers cannot be judged.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// What was chosen on validation images cannot be used.
    #[error(
        "{}: these thresholds cannot be used: {problem}; remove the file, or fine-tune again",
        path.display()
    )]
    Choices {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A result cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl FinetuneError {
    pub(crate) fn plan(option: &'static str, problem: impl Into<String>) -> Self {
        Self::Plan { option, problem: problem.into() }
    }
}

impl From<RecipeError> for FinetuneError {
    fn from(error: RecipeError) -> Self {
        Self::Recipe(Box::new(error))
    }
}
