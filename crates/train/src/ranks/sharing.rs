//! What ranks tell each other at the start of a run.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use burn::tensor::Device;
use resnet_distributed::{CollectiveError, World};
use resnet_models::Classifier;
use resnet_models::tensors::{self, TensorMap};
use resnet_recipe::Recipe;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::TrainError;
use crate::checkpoint::{CheckpointError, Position, Store};
use crate::identity::Identity;
use crate::learner::LearnerState;
use crate::options::RunOptions;
use crate::resume::{self, Begun, Fresh};

/// Makes sure that all ranks were started with the same program, recipe and images, and with the same of the
/// options that say when they step: a rank that ends by itself would leave the others waiting.
pub(crate) fn agree(
    options: &RunOptions,
    recipe: &Recipe,
    images: &Identity,
) -> Result<(), TrainError> {
    let RunOptions { world, max_steps, on_non_finite, early_stop, initial, .. } = options;
    let images = serde_json::to_vec(images).unwrap_or_default();
    world.agree("the version of the program", env!("CARGO_PKG_VERSION").as_bytes())?;
    world.agree("the recipe", &Sha256::digest(recipe.to_toml()))?;
    let (has_weights, steps) = (initial.is_some(), format!("{max_steps:?}"));
    let (non_finite, early) = (format!("{on_non_finite:?}"), format!("{early_stop:?}"));
    world.agree("the choice of weights to begin with (--pretrained)", &[u8::from(has_weights)])?;
    world.agree("the last step (--max-steps)", steps.as_bytes())?;
    world.agree(
        "the answer to losses that are not finite (--on-non-finite)",
        non_finite.as_bytes(),
    )?;
    world.agree("the rule for an early stop (--stop-threshold, --patience)", early.as_bytes())?;
    Ok(world.agree("the images", &Sha256::digest(images))?)
}

/// What rank 0 begins with, as the others receive it.
#[derive(Serialize, Deserialize)]
struct Start {
    position: Position,
    path: Option<PathBuf>,
    /// Bytes of each of the three sets of tensors that follow.
    lengths: [usize; 3],
}

/// As [`resume::begin`] on rank 0; the other ranks get its weights, its optimizer's state and its
/// position, and look into no folder.
pub(crate) fn begin_together<M: Classifier>(
    world: &World,
    recipe: &Recipe,
    fresh: &Fresh<'_, M>,
    store: &Store,
    device: &Device,
) -> Result<Begun<M>, TrainError> {
    if world.is_chief() {
        let begun = resume::begin(recipe, fresh, store, device)?;
        if !world.is_alone() {
            let message = encoded(&begun)?;
            world.broadcast(|| message)?;
        }
        return Ok(begun);
    }
    let learner = resume::new_learner(recipe, fresh, device)?;
    let message = world.broadcast(Vec::new)?;
    let (start, state) = decoded(&message).ok_or_else(|| garbled("it is cut off"))?;
    let path = start.path.clone().unwrap_or_default();
    let learner =
        learner.restore(state).map_err(|source| CheckpointError::Architecture { path, source })?;
    let Start { mut position, path, .. } = start;
    // The chief has those of all ranks; whoever has them too would tell them once more.
    position.epoch_bad_images.clear();
    Ok(Begun { learner, position, path, damaged: Vec::new(), initial: None })
}

fn garbled(reason: impl Display) -> TrainError {
    CollectiveError::Message { reason: reason.to_string() }.into()
}

fn encoded<M: Classifier>(begun: &Begun<M>) -> Result<Vec<u8>, TrainError> {
    let LearnerState { model, optimizer, ema } = begun.learner.state();
    let parts = [model, optimizer, ema].map(|part| tensors::to_bytes(&part));
    let parts: Vec<Vec<u8>> = parts.into_iter().collect::<Result<_, _>>().map_err(garbled)?;
    let lengths = std::array::from_fn(|n| parts[n].len());
    let start = Start { position: begun.position.clone(), path: begun.path.clone(), lengths };
    let mut message = serde_json::to_vec(&start).map_err(garbled)?;
    // JSON without line breaks: the first one ends it.
    message.push(b'\n');
    Ok(parts.into_iter().fold(message, |mut message, part| {
        message.extend(part);
        message
    }))
}

fn decoded(message: &[u8]) -> Option<(Start, LearnerState)> {
    let end = message.iter().position(|&byte| byte == b'\n')?;
    let start: Start = serde_json::from_slice(&message[..end]).ok()?;
    let mut rest = &message[end + 1..];
    let mut part = |length: usize| -> Option<TensorMap> {
        let (bytes, later) = rest.split_at_checked(length)?;
        rest = later;
        tensors::from_bytes(bytes, Path::new("(memory)")).ok()
    };
    let [model, optimizer, ema] = start.lengths;
    let state = LearnerState { model: part(model)?, optimizer: part(optimizer)?, ema: part(ema)? };
    Some((start, state))
}
