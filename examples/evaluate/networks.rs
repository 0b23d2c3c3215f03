//! Who is asked.

use std::path::Path;

use anyhow::Result;
use resnet::training::TrainError;
use resnet::{Chosen, Ensemble, Predictor, RunOptions, Trained};

use crate::args::Args;

/// The networks of all model folders, with these names of the classes in place of their own.
pub(crate) fn open(args: &Args, chosen: &Chosen, names: Option<&[String]>) -> Result<Ensemble> {
    let open = |run: &Path| -> Result<Predictor, TrainError> {
        let mut trained = Trained::from_run(run, &chosen.device)?;
        if let Some(names) = names {
            trained.classes = names.to_vec();
        }
        let batch_size = trained.recipe.train.batch_size;
        let workers = RunOptions::new("").workers;
        Ok(Predictor::new(trained).with_workers(workers).with_batch_size(batch_size))
    };
    Ok(Ensemble::below(&args.model_dirs, open)?)
}
