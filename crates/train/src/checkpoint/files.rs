//! The files of one checkpoint.

use std::fs;
use std::path::Path;

use resnet_models::tensors::{self, TensorFileError, TensorMap};
use resnet_recipe::Recipe;
use serde::{Deserialize, Serialize};

use super::error::{CheckpointError, failed};
use super::{Checkpoint, FORMAT, Position, sums};
use crate::state::LearnerState;

const MODEL: &str = "model.safetensors";
const OPTIMIZER: &str = "optimizer.safetensors";
/// Empty in a run that keeps no running means.
const EMA: &str = "ema.safetensors";
const RECIPE: &str = "recipe.toml";
const STATE: &str = "state.json";
const ALL: [&str; 5] = [MODEL, OPTIMIZER, EMA, RECIPE, STATE];

/// Version of the layout, a field of `state.json`.
#[derive(Deserialize)]
struct Version {
    format: u32,
}

/// The content of `state.json`.
#[derive(Serialize)]
struct State<'a> {
    format: u32,
    #[serde(flatten)]
    position: &'a Position,
}

/// Reads the checkpoint in folder `path`, after comparing all of it with its SHA-256 sums.
///
/// # Errors
/// [`CheckpointError`], naming the file that is missing or damaged.
pub fn load(path: &Path) -> Result<Checkpoint, CheckpointError> {
    let position = read_position(path)?;
    sums::verify(path, &ALL)?;
    let read = |name| tensors::read(&path.join(name));
    let learner =
        LearnerState { model: read(MODEL)?, optimizer: read(OPTIMIZER)?, ema: read(EMA)? };
    Ok(Checkpoint { learner, position, recipe: read_recipe(&path.join(RECIPE))? })
}

/// Reads what inference needs, the weights and the recipe; the optimizer's state is not looked at.
///
/// # Errors
/// [`CheckpointError`], naming the file that is missing or damaged.
pub fn load_model(path: &Path) -> Result<(TensorMap, Recipe), CheckpointError> {
    read_position(path)?;
    sums::verify(path, &[MODEL, EMA, RECIPE])?;
    let means = tensors::read(&path.join(EMA))?;
    let weights = if means.is_empty() { tensors::read(&path.join(MODEL))? } else { means };
    Ok((weights, read_recipe(&path.join(RECIPE))?))
}

/// The position alone, without looking at the sums.
pub(super) fn read_position(folder: &Path) -> Result<Position, CheckpointError> {
    let path = folder.join(STATE);
    let text = sums::damage_if_missing(&path, fs::read(&path))?;
    let damaged = |error: serde_json::Error| {
        let reason = format!("not the state of a run: {error}");
        CheckpointError::Damaged { path: path.clone(), reason }
    };
    // Before the rest, which a newer version may have changed.
    let Version { format } = serde_json::from_slice(&text).map_err(damaged)?;
    if format > FORMAT {
        return Err(CheckpointError::Newer { path, found: format });
    }
    serde_json::from_slice(&text).map_err(damaged)
}

/// Reads the recipe in the file `path`.
pub(crate) fn read_recipe(path: &Path) -> Result<Recipe, CheckpointError> {
    let text = fs::read_to_string(path).map_err(failed(path, "read"))?;
    Recipe::from_toml(&text).map_err(|error| {
        let source = Box::new(error);
        CheckpointError::Recipe { path: path.to_owned(), source }
    })
}

/// Writes all files into `folder`, each flushed to the disk; the sums come last.
pub(super) fn write(checkpoint: &Checkpoint, folder: &Path) -> Result<(), CheckpointError> {
    let LearnerState { model, optimizer, ema } = &checkpoint.learner;
    for (name, tensors) in [(MODEL, model), (OPTIMIZER, optimizer), (EMA, ema)] {
        write_tensors(&folder.join(name), tensors)?;
    }
    let write = |name: &str, text: String| {
        let path = folder.join(name);
        resnet_files::replace(&path, text.as_bytes()).map_err(failed(&path, "write"))
    };
    write(RECIPE, checkpoint.recipe.to_toml())?;
    let state = State { format: FORMAT, position: &checkpoint.position };
    write(STATE, serde_json::to_string_pretty(&state).expect("numbers and strings"))?;
    sums::write(folder, &ALL)
}

/// Writes `tensors` to the file `path`; a full disk is an error with its remedy.
pub(crate) fn write_tensors(path: &Path, tensors: &TensorMap) -> Result<(), CheckpointError> {
    tensors::write(path, tensors).map_err(|error| match error {
        TensorFileError::Io { path, source, .. } => failed(&path, "write")(source),
        other => CheckpointError::from(other),
    })
}

/// Whether two complete checkpoints have the same content.
pub(super) fn are_equal(one: &Path, other: &Path) -> bool {
    let sums = |folder: &Path| fs::read(folder.join(sums::NAME)).ok();
    sums(one).is_some_and(|sum| Some(sum) == sums(other))
}
