//! Training on the split `train`, watched on the split `validation`.

use std::sync::Arc;

use burn::tensor::Device;
use resnet_data::{Dataset, Source};
use resnet_models::weights::{Head, Weights};
use resnet_recipe::{Recipe, Sink};
use resnet_train::checkpoint::{BestBy, Keep};
use resnet_train::device::Chosen;
use resnet_train::predict::{Predictor, Trained};
use resnet_train::run::{Datasets, Outcome, RunOptions, train};
use resnet_train::stopping::{EarlyStop, Ending, Metric};
use resnet_train::{InitialWeights, TrainError};

use crate::{FinetuneError, Plan};

/// A network that was trained, and how.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// With the weights of the smallest validation loss.
    pub predictor: Predictor,
    /// How training went.
    pub outcome: Outcome,
}

/// Trains the network of `recipe` on the split `train`; the weights with the smallest loss on the split
/// `validation` stay. A run that is in the model folder of `options` goes on.
///
/// # Errors
/// [`FinetuneError::Pretrained`] if the pretrained weights do not fit, [`FinetuneError::Stopped`] if somebody
/// asked for it, and whatever keeps a run from its end.
pub fn fit(
    dataset: &Dataset,
    recipe: &Recipe,
    plan: &Plan,
    options: &RunOptions,
    chosen: &Chosen,
    sink: &mut dyn Sink,
) -> Result<Fitted, FinetuneError> {
    let datasets =
        Datasets { train: split(dataset, "train")?, validation: split(dataset, "validation")? };
    let patience = Some(plan.patience);
    let options = RunOptions {
        early_stop: EarlyStop { metric: Metric::ValidationLoss, threshold: None, patience },
        keep: Keep { best_by: BestBy::Loss, ..options.keep },
        initial: pretrained(recipe, plan, &chosen.device)?,
        classes: dataset.outputs().to_vec(),
        ..options.clone()
    };
    let outcome = train(recipe, &datasets, &options, chosen, sink)?;
    if outcome.ending == Ending::Requested {
        return Err(FinetuneError::Stopped);
    }
    let trained = Trained::from_run(&options.model_dir, &chosen.device)?;
    let predictor = Predictor::new(trained).with_workers(options.workers);
    Ok(Fitted { predictor, outcome })
}

/// The images of a split.
///
/// # Errors
/// [`FinetuneError::Plan`] if there is none of that name.
pub(crate) fn split(dataset: &Dataset, name: &str) -> Result<Arc<dyn Source>, FinetuneError> {
    dataset.split(name).ok_or_else(|| {
        let known = dataset.splits().join(", ");
        FinetuneError::plan("data", format!("there is no split {name} among {known}: add it"))
    })
}

/// The pretrained weights, with a fresh classifier if theirs is not wanted or is for other classes.
fn pretrained(
    recipe: &Recipe,
    plan: &Plan,
    device: &Device,
) -> Result<Option<InitialWeights>, FinetuneError> {
    let Some(path) = &plan.pretrained else { return Ok(None) };
    let weights = Weights::read_below(path, plan.pretrained_prefix.as_deref())
        .map_err(FinetuneError::Pretrained)?;
    let mut initial = InitialWeights::for_another_task(weights);
    if plan.backbone_only {
        initial.fit.head = Head::Fresh;
    }
    // What does not fit is told before anything is written.
    let model = resnet_train::build(recipe, device).map_err(TrainError::from)?;
    let loaded = initial.weights.clone().load(model, &initial.fit);
    loaded.map_err(FinetuneError::Pretrained)?;
    Ok(Some(initial))
}
