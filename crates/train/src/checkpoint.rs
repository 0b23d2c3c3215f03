//! The state of a run on disk: complete, or not there.
//!
//! A checkpoint is a folder `checkpoints/step-000000001234` with the model and the optimizer's
//! velocities as safetensors, the recipe and the position. It is written under another name,
//! flushed to the disk and renamed; the file `checkpoints/latest` that names it follows last. So a
//! folder of that name is whole, whenever the program was killed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use resnet_models::StateDictError;
use resnet_models::tensors::{self, TensorFileError, TensorMap};
use resnet_recipe::{Recipe, RecipeError, Totals};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::learner::LearnerState;

/// Version of the layout; a reader refuses newer ones.
const FORMAT: u32 = 1;

/// The file of the running means, which few runs have.
const EMA: &str = "ema.safetensors";

/// Why a checkpoint could not be written or read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The file system refused.
    #[error("{}: cannot {action} the checkpoint: {source}", path.display())]
    Io {
        /// File or folder.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// The system's answer.
        source: io::Error,
    },
    /// A tensor file of the checkpoint is damaged or of another kind.
    #[error(transparent)]
    Tensors(#[from] TensorFileError),
    /// The recipe of the checkpoint is damaged.
    #[error("{}: {source}", path.display())]
    Recipe {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: RecipeError,
    },
    /// The position is damaged.
    #[error("{}: not the state of a run: {source}; remove this checkpoint to use an older one", path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// A newer version of this program wrote it.
    #[error("{}: format {found} is newer than this program reads ({FORMAT}); update it", path.display())]
    Newer {
        /// The checkpoint.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// The tensors do not fit the recipe's network.
    #[error("{}: {source}", path.display())]
    Architecture {
        /// The checkpoint.
        path: PathBuf,
        /// What fits and what does not.
        source: StateDictError,
    },
}

/// Where a run stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Version of the layout.
    format: u32,
    /// Optimizer steps done; epoch and batch follow from it.
    pub step: u64,
    /// Sums over the examples of the epoch in progress.
    pub epoch_totals: Totals,
    /// Unreadable images of the epoch in progress.
    pub epoch_bad_images: Vec<String>,
    /// The best evaluation so far.
    pub best: Option<Best>,
}

/// The best evaluation of a run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Optimizer steps done at the time.
    pub step: u64,
    /// Share of validation images, 0 to 1, that were right.
    pub top1: f64,
}

/// Everything needed to go on as if nothing had happened.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    /// Model, optimizer and running means.
    pub learner: LearnerState,
    /// Where the run stands.
    pub position: Position,
    /// The recipe in force.
    pub recipe: Recipe,
}

/// The checkpoints of one run.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// The checkpoints in `model_dir`, which need not exist.
    #[must_use]
    pub fn new(model_dir: &Path) -> Self {
        Self { folder: model_dir.join("checkpoints") }
    }

    /// Writes `checkpoint` and returns its folder; then removes all but the newest `keep`.
    ///
    /// # Errors
    /// [`CheckpointError`] if the file system refuses; older checkpoints are untouched then.
    pub fn save(&self, checkpoint: &Checkpoint, keep: usize) -> Result<PathBuf, CheckpointError> {
        let name = format!("step-{:012}", checkpoint.position.step);
        let path = self.folder.join(&name);
        self.write_beside(checkpoint, &path)?;
        let latest = self.folder.join("latest");
        tensors::replace(&latest, name.as_bytes()).map_err(failed(&latest, "write"))?;
        self.prune(keep)?;
        Ok(path)
    }

    fn write_beside(&self, checkpoint: &Checkpoint, path: &Path) -> Result<(), CheckpointError> {
        fs::create_dir_all(&self.folder).map_err(failed(&self.folder, "make a folder for"))?;
        let partial = tempfile::Builder::new()
            .prefix("partial-")
            .tempdir_in(&self.folder)
            .map_err(failed(&self.folder, "make a folder for"))?;
        write_files(checkpoint, partial.path())?;
        // A folder of this name is from a run that was resumed before this step: same content.
        if path.exists() {
            fs::remove_dir_all(path).map_err(failed(path, "replace"))?;
        }
        fs::rename(partial.keep(), path).map_err(failed(path, "rename"))?;
        tensors::sync_folder(&self.folder).map_err(failed(&self.folder, "flush"))
    }

    /// The folder of the newest complete checkpoint, if there is one.
    ///
    /// # Errors
    /// [`CheckpointError::Io`] if the folder cannot be listed.
    pub fn newest(&self) -> Result<Option<PathBuf>, CheckpointError> {
        Ok(self.complete()?.pop())
    }

    /// Complete checkpoints, oldest first.
    fn complete(&self) -> Result<Vec<PathBuf>, CheckpointError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(&self.folder, "list")(error)),
        };
        let mut paths = Vec::new();
        for entry in entries {
            let entry = entry.map_err(failed(&self.folder, "list"))?;
            if entry.file_name().to_string_lossy().starts_with("step-") {
                paths.push(entry.path());
            }
        }
        // Step numbers have a fixed width: the order of names is the order of steps.
        paths.sort();
        Ok(paths)
    }

    /// Removes all but the newest `keep` checkpoints, and what killed runs left half-written.
    fn prune(&self, keep: usize) -> Result<(), CheckpointError> {
        let mut paths = self.complete()?;
        paths.truncate(paths.len().saturating_sub(keep.max(1)));
        for path in paths {
            fs::remove_dir_all(&path).map_err(failed(&path, "remove"))?;
        }
        Ok(())
    }
}

/// Reads the checkpoint in folder `path`.
///
/// # Errors
/// [`CheckpointError`], naming the file that is missing or damaged.
pub fn load(path: &Path) -> Result<Checkpoint, CheckpointError> {
    let position = read_position(path)?;
    let recipe_path = path.join("recipe.toml");
    let text = fs::read_to_string(&recipe_path).map_err(failed(&recipe_path, "read"))?;
    let recipe = Recipe::from_toml(&text)
        .map_err(|source| CheckpointError::Recipe { path: recipe_path, source })?;
    Ok(Checkpoint { learner: read_learner(path)?, position, recipe })
}

fn read_learner(folder: &Path) -> Result<LearnerState, CheckpointError> {
    let ema = folder.join(EMA);
    Ok(LearnerState {
        model: tensors::read(&folder.join("model.safetensors"))?,
        optimizer: tensors::read(&folder.join("optimizer.safetensors"))?,
        ema: if ema.exists() { tensors::read(&ema)? } else { TensorMap::new() },
    })
}

fn read_position(folder: &Path) -> Result<Position, CheckpointError> {
    let path = folder.join("state.json");
    let text = fs::read(&path).map_err(failed(&path, "read"))?;
    let position: Position = serde_json::from_slice(&text)
        .map_err(|source| CheckpointError::State { path: path.clone(), source })?;
    if position.format > FORMAT {
        return Err(CheckpointError::Newer { path, found: position.format });
    }
    Ok(position)
}

fn write_files(checkpoint: &Checkpoint, folder: &Path) -> Result<(), CheckpointError> {
    let LearnerState { model, optimizer, ema } = &checkpoint.learner;
    tensors::write(&folder.join("model.safetensors"), model)?;
    tensors::write(&folder.join("optimizer.safetensors"), optimizer)?;
    if !ema.is_empty() {
        tensors::write(&folder.join(EMA), ema)?;
    }
    let write = |name: &str, text: String| {
        let path = folder.join(name);
        tensors::replace(&path, text.as_bytes()).map_err(failed(&path, "write"))
    };
    write("recipe.toml", checkpoint.recipe.to_toml())?;
    let position = Position { format: FORMAT, ..checkpoint.position.clone() };
    let state = serde_json::to_string_pretty(&position).expect("numbers and strings");
    write("state.json", state)
}

fn failed(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> CheckpointError {
    let path = path.to_owned();
    move |source| CheckpointError::Io { path, action, source }
}
