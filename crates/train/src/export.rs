//! A run's best weights as a file for others, with a model card beside it.

mod card;

use std::path::{Path, PathBuf};

use resnet_models::tensors;
use resnet_models::weights::{self, Element};

use crate::TrainError;
use crate::checkpoint::{self, CheckpointError, Position, Store};
use crate::folder::ModelFolder;
use card::Card;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The weights, safetensors.
    pub weights: PathBuf,
    /// The model card, Markdown.
    pub card: PathBuf,
    /// Optimizer steps after which the weights were like this.
    pub step: u64,
}

/// Writes the best weights of the run in `model_dir`, or its newest if none were evaluated, to `path` with
/// values of `element`, and a model card to the same name with the ending `.md`. `classes` are the names of
/// the classes in order; without any, those that the run was told are taken.
///
/// The names in the file are torchvision's, and timm's for what torchvision lacks.
///
/// # Errors
/// [`TrainError::NoCheckpoint`] if there is no run, [`TrainError::NumberOfNames`] if there are not as many
/// names as classes, and whatever keeps a file from being read or written.
pub fn export(
    model_dir: &Path,
    path: &Path,
    element: Element,
    classes: &[String],
) -> Result<Exported, TrainError> {
    let found = Store::new(model_dir).newest_whole(checkpoint::load)?;
    let none = || TrainError::NoCheckpoint { path: model_dir.to_owned() };
    let (_, saved) = found.newest.ok_or_else(none)?;
    let wanted = saved.recipe.model.num_classes;
    if !classes.is_empty() && classes.len() != wanted {
        return Err(TrainError::NumberOfNames { names: classes.len(), num_classes: wanted });
    }
    let folder = ModelFolder::at(model_dir);
    let of_the_run = if classes.is_empty() { folder.read_classes(wanted)? } else { None };
    let classes = of_the_run.as_deref().unwrap_or(classes);
    let config = crate::config(&saved.recipe)?;
    let best = folder.best();
    let (step, tensors) = match saved.position.best {
        Some(at) if best.exists() => {
            (at.step, tensors::read(&best).map_err(CheckpointError::from)?)
        }
        _ => (saved.position.step, saved.learner.weights().clone()),
    };
    weights::write(path, &config, tensors, element).map_err(CheckpointError::from)?;
    let Position { best, images, .. } = saved.position;
    let best = best.filter(|best| best.step == step);
    let recipe = &saved.recipe;
    let text = Card { path, element, step, best, images, recipe, config: &config, classes }.text();
    let card = path.with_extension("md");
    resnet_files::replace(&card, text.as_bytes()).map_err(|source| CheckpointError::Io {
        path: card.clone(),
        action: "write",
        source,
    })?;
    Ok(Exported { weights: path.to_owned(), card, step })
}
