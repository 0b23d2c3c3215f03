//! Training on the split `train`, watched on the split `validation`.

use std::sync::Arc;

use burn::tensor::Device;
use resnet_data::{Dataset, Source};
use resnet_models::tensors::{self, TensorMap};
use resnet_models::{load_state_dict, state_dict};
use resnet_recipe::{Recipe, Sink};
use resnet_train::TrainError;
use resnet_train::checkpoint::{BestBy, CheckpointError};
use resnet_train::device::Chosen;
use resnet_train::folder::ModelFolder;
use resnet_train::run::{Datasets, Outcome, RunOptions, train_model};
use resnet_train::stopping::{EarlyStop, Ending, Metric};

use crate::{FinetuneError, Network, Plan};

/// A network that was trained, and how.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// With the weights of the smallest validation loss.
    pub network: Network,
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
        best_by: BestBy::Loss,
        ..options.clone()
    };
    let start = starting_weights(recipe, plan, &chosen.device)?;
    let network = |device: &Device| {
        let fresh = resnet_train::build(recipe, device)?;
        let Some(weights) = &start else { return Ok(fresh) };
        let path = plan.pretrained.clone().unwrap_or_default();
        let failed = |source| CheckpointError::Architecture { path, source };
        Ok(load_state_dict(fresh, weights.clone()).map_err(failed)?.0)
    };
    let outcome = train_model(&network, recipe, &datasets, &options, chosen, sink)?;
    if outcome.ending == Ending::Requested {
        return Err(FinetuneError::Stopped);
    }
    let best = ModelFolder::open(&options.model_dir)?.best();
    let classes = dataset.classes();
    let network = Network::read(&best, recipe, classes, &chosen.device, options.workers)?;
    Ok(Fitted { network, outcome })
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
fn starting_weights(
    recipe: &Recipe,
    plan: &Plan,
    device: &Device,
) -> Result<Option<TensorMap>, FinetuneError> {
    let Some(path) = &plan.pretrained else { return Ok(None) };
    let read = tensors::read(path).map_err(CheckpointError::from);
    let mut weights = read.map_err(FinetuneError::Pretrained)?;
    let model = resnet_train::build(recipe, device).map_err(TrainError::from)?;
    for (name, fresh) in state_dict(&model).into_iter().filter(|(name, _)| name.starts_with("fc."))
    {
        if plan.backbone_only
            || weights.get(&name).is_none_or(|known| known.shape() != fresh.shape())
        {
            weights.insert(name, fresh);
        }
    }
    // What does not fit is told before anything is written.
    let failed = |source| CheckpointError::Architecture { path: path.clone(), source };
    load_state_dict(model, weights.clone()).map_err(failed).map_err(FinetuneError::Pretrained)?;
    Ok(Some(weights))
}
