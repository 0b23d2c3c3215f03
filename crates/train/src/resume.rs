//! Where a run begins: at its first step, or at its newest whole checkpoint.

use std::mem::discriminant;
use std::path::PathBuf;

use burn::tensor::Device;
use resnet_models::{Classifier, state_dict};
use resnet_recipe::{InitialWeightsLoaded, Recipe, Totals};

use crate::checkpoint::{self, Checkpoint, CheckpointError, Position, Store, write_tensors};
use crate::criterion::Criterion;
use crate::folder::ModelFolder;
use crate::identity::Identity;
use crate::learner::Learner;
use crate::{InitialWeights, TrainError};

/// What a learner starts from.
pub(crate) struct Fresh<'a, M> {
    /// Makes the network with its initial weights, on the device that it is given.
    pub(crate) network: &'a dyn Fn(&Device) -> Result<M, TrainError>,
    pub(crate) criterion: Criterion,
    /// Weights that take the place of the initial ones.
    pub(crate) initial: Option<InitialWeights>,
}

/// A learner and where it stands.
pub(crate) struct Begun<M: Classifier> {
    pub(crate) learner: Learner<M>,
    pub(crate) position: Position,
    /// The checkpoint it comes from, if it is not the start.
    pub(crate) path: Option<PathBuf>,
    /// Newer checkpoints that are damaged.
    pub(crate) damaged: Vec<(PathBuf, CheckpointError)>,
    /// The weights that it begins with, if they are not random.
    pub(crate) initial: Option<InitialWeightsLoaded>,
}

/// A learner at its first step, or where the newest whole checkpoint left it.
pub(crate) fn begin<M: Classifier>(
    recipe: &Recipe,
    fresh: &Fresh<'_, M>,
    store: &Store,
    device: &Device,
) -> Result<Begun<M>, TrainError> {
    let found = store.newest_whole(checkpoint::load)?;
    let learner = new_learner(recipe, fresh, device)?;
    let damaged = found.damaged;
    let Some((path, saved)) = found.newest else {
        return start(learner, fresh.initial.as_ref(), damaged);
    };
    let conflicts = recipe.resume_conflicts(&saved.recipe);
    if !conflicts.is_empty() {
        return Err(TrainError::OtherRun { path, conflicts });
    }
    let Checkpoint { learner: mut state, position, recipe: before } = saved;
    if discriminant(&before.optimizer.rule) != discriminant(&recipe.optimizer.rule) {
        state = state.for_another_rule();
    }
    let learner = learner
        .restore(state)
        .map_err(|source| CheckpointError::Architecture { path: path.clone(), source })?;
    Ok(Begun { learner, position, path: Some(path), damaged, initial: None })
}

/// A learner with initial weights.
pub(crate) fn new_learner<M: Classifier>(
    recipe: &Recipe,
    fresh: &Fresh<'_, M>,
    device: &Device,
) -> Result<Learner<M>, TrainError> {
    let model = (fresh.network)(&device.clone().autodiff())?;
    Learner::of(model, fresh.criterion.clone(), recipe, device)
}

fn start<M: Classifier>(
    mut learner: Learner<M>,
    initial: Option<&InitialWeights>,
    damaged: Vec<(PathBuf, CheckpointError)>,
) -> Result<Begun<M>, TrainError> {
    let mut told = None;
    if let Some(initial) = initial {
        let path = initial.weights.path().to_owned();
        let report;
        (learner, report) = learner.with_weights(initial)?;
        told = Some(InitialWeightsLoaded { path, report: report.to_string() });
    }
    let position = Position::default();
    Ok(Begun { learner, position, path: None, damaged, initial: told })
}

impl<M: Classifier> Begun<M> {
    /// Puts the identity of the images into its position, after comparing it with the one there.
    pub(crate) fn check_images(
        &mut self,
        images: Identity,
        accept_change: bool,
        folder: &ModelFolder,
    ) -> Result<(), TrainError> {
        let position = &mut self.position;
        let saved = position.images.replace(images);
        let (Some(saved), Some(images)) = (saved, &position.images) else { return Ok(()) };
        let differences = images.differences(&saved);
        if differences.is_empty() {
            return Ok(());
        }
        if !accept_change {
            return Err(TrainError::OtherImages { path: folder.path().to_owned(), differences });
        }
        // The epoch in progress may have another length now; what was counted is of the old one.
        position.epoch_totals = Totals::default();
        position.epoch_bad_images.clear();
        Ok(())
    }

    /// Writes the best weights again if they are those of the checkpoint: a run that was killed may have
    /// written the checkpoint and not them. Refuses a folder with best weights that no checkpoint
    /// belongs to, rather than write over them.
    pub(crate) fn check_best(&self, folder: &ModelFolder) -> Result<(), TrainError> {
        if self.position.is_best() {
            let weights = state_dict(&self.learner.inference_model());
            return Ok(write_tensors(&folder.best(), &weights)?);
        }
        if self.path.is_none() && folder.best().exists() {
            return Err(TrainError::NothingToContinue { path: folder.best() });
        }
        Ok(())
    }
}
