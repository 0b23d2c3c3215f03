//! What a run is given beside its recipe, and what it gives back.

use std::num::NonZero;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use burn::tensor::Device;
use resnet_distributed::{TIMEOUT, World};
use resnet_recipe::EpochReport;

use crate::checkpoint::{Best, Keep};
use crate::stopping::{EarlyStop, Ending, StopHandle};
use crate::trace::Trace;
use crate::{InitialWeights, OnNonFinite};

/// What a run is asked for beside its recipe: where it begins, when it ends, what it keeps and tells.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Folder for everything that the run leaves.
    pub model_dir: PathBuf,
    /// Set an earlier run in the folder aside instead of continuing it.
    pub fresh: bool,
    /// Weights to begin with instead of random ones.
    pub initial: Option<InitialWeights>,
    /// Stop after this many optimizer steps in all, with a checkpoint, even within an epoch.
    pub max_steps: Option<u64>,
    /// Optimizer steps between two reports; after ten seconds one is made in any case.
    pub log_every: u64,
    /// Optimizer steps between two checkpoints, besides the one after each epoch.
    pub checkpoint_every: Option<u64>,
    /// Time between two checkpoints, besides those.
    pub checkpoint_after: Option<Duration>,
    /// Which checkpoints stay, and which weights are the best.
    pub keep: Keep,
    /// What a loss that is not finite does.
    pub on_non_finite: OnNonFinite,
    /// When enough is learnt.
    pub early_stop: EarlyStop,
    /// Ends the run when somebody asks.
    pub stop: StopHandle,
    /// Go on although the images are not those that the run began with.
    pub accept_changed_data: bool,
    /// Threads that load images.
    pub workers: usize,
    /// Show TensorBoard how the weights and gradients of each layer are distributed, at every evaluation.
    pub histograms: bool,
    /// Records where the time goes, into `trace.json` in the model folder.
    pub trace: Trace,
    /// Names of the classes, for whoever asks the network later; empty if they have none.
    pub classes: Vec<String>,
    /// The other ranks that train the same network, and which of them this is.
    pub world: World,
    /// The devices of the ranks that are threads of this process, in their order:
    /// [`train_on`](crate::run::train_on) fills it in, for NCCL.
    pub devices: Vec<Device>,
    /// How long an exchange may wait for the other ranks, before the run ends with an error; `None` waits for ever.
    pub exchange_timeout: Option<Duration>,
}

impl RunOptions {
    /// Defaults for a run in `model_dir`: a report every 100 steps, the last 3 checkpoints, a
    /// loading thread per processor.
    #[must_use]
    pub fn new(model_dir: impl Into<PathBuf>) -> Self {
        Self {
            model_dir: model_dir.into(),
            fresh: false,
            initial: None,
            max_steps: None,
            log_every: 100,
            checkpoint_every: None,
            checkpoint_after: None,
            keep: Keep::default(),
            on_non_finite: OnNonFinite::default(),
            early_stop: EarlyStop::default(),
            stop: StopHandle::default(),
            accept_changed_data: false,
            world: World::alone(),
            devices: Vec::new(),
            exchange_timeout: Some(TIMEOUT),
            workers: thread::available_parallelism().map_or(1, NonZero::get),
            histograms: false,
            trace: Trace::default(),
            classes: Vec::new(),
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Optimizer steps done, over all sessions of the run.
    pub steps: u64,
    /// Whether the recipe's last epoch is done.
    pub complete: bool,
    /// Why this session ended.
    pub ending: Ending,
    /// The best evaluation.
    pub best: Option<Best>,
    /// The last evaluation of this session.
    pub last: Option<EpochReport>,
    /// Wall time of this session.
    pub elapsed: Duration,
    /// The newest checkpoint.
    pub checkpoint: Option<PathBuf>,
}
