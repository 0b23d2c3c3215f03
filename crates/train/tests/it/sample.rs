//! A small run for tests: a narrow network on made-up images.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use burn::tensor::Device;
use resnet_data::{DataError, Sample, Source, SyntheticImages};
use resnet_recipe::{
    Clip, Damaged, Ema, Fanout, LossKind, NonFinite, Recipe, Rule, RunEvent, Sink, SinkError,
    Train, presets,
};
use resnet_train::TrainError;
use resnet_train::device::Chosen;
use resnet_train::run::{Datasets, Outcome, RunOptions, train};
use resnet_train::stopping::StopHandle;

/// Three epochs of four steps.
pub(crate) fn recipe() -> Recipe {
    let mut recipe = presets::fashion_mnist_sample();
    recipe.train = Train { epochs: 3, batch_size: 4, ..recipe.train };
    (recipe.data.image_size, recipe.data.validation_resize) = (12, 12);
    recipe
}

/// The same with everything that has a state of its own.
pub(crate) fn with_everything(rule: Rule) -> Recipe {
    let mut recipe = recipe();
    recipe.optimizer.rule = rule;
    (recipe.optimizer.accumulate, recipe.optimizer.clip) = (2, Clip::Norm(1.0));
    (recipe.loss.mixup, recipe.loss.cutmix) = (0.8, 1.0);
    recipe.loss.kind = LossKind::BinaryCrossEntropy;
    recipe.ema = Some(Ema { decay: 0.9, every: 2 });
    recipe
}

pub(crate) fn images() -> Datasets {
    let make = |len, seed| Arc::new(SyntheticImages::new(len, 10, seed).with_side(12));
    Datasets { train: make(17, 1), validation: make(6, 2) }
}

/// Training images of [`images`] that count how often a label is asked for, as one that is read of a shard.
pub(crate) struct Counted {
    images: SyntheticImages,
    labels: AtomicUsize,
}

impl Counted {
    pub(crate) fn new() -> Self {
        let images = SyntheticImages::new(17, 10, 1).with_side(12);
        Self { images, labels: AtomicUsize::new(0) }
    }

    pub(crate) fn labels(&self) -> usize {
        self.labels.load(Ordering::Relaxed)
    }
}

impl Source for Counted {
    fn len(&self) -> usize {
        self.images.len()
    }

    fn read(&self, index: usize, record: &mut Vec<u8>) -> Result<Sample, DataError> {
        self.images.read(index, record)
    }

    fn label(&self, index: usize) -> Result<u32, DataError> {
        self.labels.fetch_add(1, Ordering::Relaxed);
        self.images.label(index)
    }

    fn place(&self, index: usize) -> String {
        self.images.place(index)
    }

    fn describe(&self) -> String {
        self.images.describe()
    }
}

/// Images that are read by a function of a test, which has them at hand.
pub(crate) struct ReadBy<F> {
    images: Arc<dyn Source>,
    read: F,
}

impl<F> ReadBy<F>
where
    F: Fn(&dyn Source, usize, &mut Vec<u8>) -> Result<Sample, DataError> + Send + Sync + 'static,
{
    pub(crate) fn new(images: Arc<dyn Source>, read: F) -> Arc<Self> {
        Arc::new(Self { images, read })
    }
}

impl<F> Source for ReadBy<F>
where
    F: Fn(&dyn Source, usize, &mut Vec<u8>) -> Result<Sample, DataError> + Send + Sync,
{
    fn len(&self) -> usize {
        self.images.len()
    }

    fn read(&self, index: usize, record: &mut Vec<u8>) -> Result<Sample, DataError> {
        (self.read)(&*self.images, index, record)
    }

    fn label(&self, index: usize) -> Result<u32, DataError> {
        self.images.label(index)
    }

    fn place(&self, index: usize) -> String {
        self.images.place(index)
    }

    fn describe(&self) -> String {
        self.images.describe()
    }
}

pub(crate) fn cpu() -> Chosen {
    let (name, reason) = ("CPU".to_owned(), "a test".to_owned());
    Chosen { device: Device::flex(), api: None, name, reason }
}

pub(crate) fn run_in(folder: &Path, recipe: &Recipe) -> Result<Outcome, TrainError> {
    run(recipe, &RunOptions { workers: 2, ..RunOptions::new(folder) })
}

/// What a run told: damaged checkpoints, steps that were not finite, reports.
#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) damaged: Vec<Damaged>,
    pub(crate) non_finite: Vec<NonFinite>,
    pub(crate) steps: Vec<u64>,
    pub(crate) epochs: Vec<u64>,
    /// Training images that the epochs left out.
    pub(crate) bad_images: Vec<String>,
    /// Asked to stop at the first report from this step on.
    pub(crate) stop_at: Option<(u64, StopHandle)>,
}

impl Sink for Heard {
    fn record(&mut self, event: &RunEvent<'_>) -> Result<(), SinkError> {
        match event {
            RunEvent::Damaged(damaged) => self.damaged.push(damaged.clone()),
            RunEvent::NonFinite(step) => self.non_finite.push(step.clone()),
            RunEvent::Epoch(report) => {
                self.epochs.push(report.epoch);
                self.bad_images.extend(report.bad_images.iter().cloned());
            }
            RunEvent::Step(report) => {
                self.steps.push(report.step);
                if let Some((step, stop)) = &self.stop_at
                    && report.step >= *step
                {
                    stop.request();
                }
            }
            _ => {}
        }
        Ok(())
    }
}

pub(crate) fn run_and_hear(
    recipe: &Recipe,
    options: &RunOptions,
    heard: &mut Heard,
) -> Result<Outcome, TrainError> {
    train(recipe, &images(), options, &cpu(), heard)
}

/// Every file of the checkpoint in this folder.
pub(crate) fn files(checkpoint: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(checkpoint)
        .expect("a checkpoint")
        .map(|entry| {
            let entry = entry.expect("an entry");
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, fs::read(entry.path()).expect("a file"))
        })
        .collect();
    files.sort();
    files
}

/// Names in the folder of checkpoints, sorted.
pub(crate) fn checkpoint_names(model_dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(model_dir.join("checkpoints"))
        .expect("checkpoints")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

pub(crate) fn run(recipe: &Recipe, options: &RunOptions) -> Result<Outcome, TrainError> {
    train(recipe, &images(), options, &cpu(), &mut Fanout::default())
}
