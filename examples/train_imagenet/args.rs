//! The flags, and the recipe they make.

mod changes;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use resnet::training::folder::ModelFolder;
use resnet::training::trace::Trace;
use resnet::{DeviceChoice, Recipe, RunOptions, presets};

use crate::batch_size::BatchSize;
use crate::ranks::DeviceCount;
use crate::recipe_args::RecipeArgs;
use crate::recipe_file;
use crate::reliability::ReliabilityArgs;
use crate::weights::WeightsArgs;
use changes::{DecayKind, Floats, OnBadImage, Stem};

/// Train a ResNet on a folder for each class, a CSV file, tar files or TFRecord shards; without --data-dir, on the
/// bundled sample.
///
/// The defaults are those of TensorFlow's `imagenet_main.py`; where two are given, the second is for
/// the bundled sample. A run that was interrupted goes on when the same command is given again.
/// TensorFlow's own flags are understood too; `docs/flags.md` says what became of each.
#[derive(Debug, Parser)]
#[command(name = "train_imagenet")]
pub(crate) struct Args {
    /// Folder with TFRecord shards, flat or in `train/` and `validation/`; or a data set in another
    /// layout: folders of images, a manifest, tar files. [default: the bundled sample of
    /// Fashion-MNIST]
    #[arg(long, value_name = "PATH", conflicts_with = "synthetic")]
    pub(crate) data_dir: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) recipe: RecipeArgs,

    /// Folder for checkpoints, metrics and event files. [default: runs/NAME, after the folder of the data;
    /// runs/fashion-mnist, runs/synthetic]
    #[arg(long, value_name = "DIR")]
    model_dir: Option<PathBuf>,

    /// Train on made-up images, to try a device without data.
    #[arg(long)]
    pub(crate) synthetic: bool,

    /// Evaluate the newest checkpoint in the model folder, or the weights of --pretrained, instead of training.
    #[arg(long)]
    pub(crate) eval_only: bool,

    /// Instead of training, try rising learning rates on fresh weights: lr-finder.csv and lr-finder.svg
    /// in the model folder show the loss of each.
    #[arg(long, conflicts_with = "eval_only")]
    pub(crate) find_lr: bool,

    /// Write where the time of the first steps goes to trace.json in the model folder, for
    /// chrome://tracing. The steps are slower meanwhile. [default: none]
    #[arg(long, value_name = "STEPS")]
    profile: Option<u64>,

    /// Write the best weights and a model card into this folder at the end. [default: none]
    #[arg(long, value_name = "DIR")]
    pub(crate) export_dir: Option<PathBuf>,

    /// Show TensorBoard how the weights and gradients of each layer are distributed, at every evaluation.
    #[arg(long)]
    histograms: bool,

    /// Set an earlier run in the model folder aside and start over.
    #[arg(long)]
    fresh: bool,

    /// Where to compute: auto, cpu, cuda:N, rocm:N, metal:N, vulkan:N or wgpu:N. Without :N it is the first.
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub(crate) device: DeviceChoice,

    /// Devices of this machine that train together, or all; a batch is shared out among them. Under
    /// mpirun or srun, those of each process.
    #[arg(long, value_name = "N|all", default_value = "1")]
    pub(crate) num_gpus: DeviceCount,

    /// Take BatchNorm's statistics from the images of all devices together, not from each one's part.
    /// [default: off]
    #[arg(long)]
    sync_batch_norm: bool,

    /// Network by its name, such as resnet50d: any that `--example zoo` lists, or resnet8, 20, 32, 44, 56 or 110
    /// for small images. [default: resnet50; resnet8]
    #[arg(long, value_name = "NAME")]
    model: Option<String>,

    /// Network by its weighted layers: 18, 34, 50, 101, 152; for small images 8, 20, 32, 44, 56, 110.
    /// [default: 50; 8]
    #[arg(long, value_name = "LAYERS", conflicts_with = "model")]
    resnet_size: Option<usize>,

    /// With --resnet-size, for ImageNet: 2 applies normalisation and ReLU before each convolution.
    #[arg(long, value_name = "1|2", value_parser = clap::value_parser!(u8).range(1..=2), requires = "resnet_size")]
    resnet_version: Option<u8>,

    /// First layers: a 7×7 convolution and pooling, or one 3×3 convolution. [default: as the
    /// network has it; small]
    #[arg(long)]
    stem: Option<Stem>,

    /// Initialise the scale (gamma) of each block's last BatchNorm to zero. [default: off]
    #[arg(long)]
    zero_gamma: bool,

    /// Classes to tell apart. [default: 1000; 10]
    #[arg(long, value_name = "N")]
    pub(crate) num_classes: Option<usize>,

    /// Label of the first class in the shards: 1 where 0 is "background". [default: 1]
    #[arg(long, value_name = "LABEL")]
    label_offset: Option<u32>,

    /// Height and width of the network's input in pixels; validation images are resized to 8/7 of
    /// it, then cropped. [default: 224; 28, not resized]
    #[arg(long, value_name = "PIXELS")]
    image_size: Option<usize>,

    /// Images per optimizer step; `auto` tries how many fit and from how many on more are no faster.
    /// [default: 256; 32]
    #[arg(long, value_name = "IMAGES")]
    batch_size: Option<BatchSize>,

    /// Try batches of this size and say how fast they are.
    #[arg(long, hide = true)]
    pub(crate) try_batch_size: Option<usize>,

    /// Passes over the training set. [default: 90; 14]
    #[arg(long, value_name = "EPOCHS", alias = "epochs")]
    train_epochs: Option<u64>,

    /// Epochs between two evaluations on the validation set. [default: 1]
    #[arg(long, value_name = "EPOCHS")]
    epochs_between_evals: Option<u64>,

    /// Stop after this many optimizer steps in all, with a checkpoint. [default: none]
    #[arg(long, value_name = "STEPS")]
    max_steps: Option<u64>,

    /// Learning rate for a batch of 256; scaled with the batch size. [default: 0.128; 0.8]
    #[arg(long, value_name = "RATE")]
    base_lr: Option<f64>,

    /// Epochs of linear warm-up. [default: 5; 1]
    #[arg(long, value_name = "EPOCHS")]
    warmup_epochs: Option<f64>,

    /// What follows the warm-up: a tenth of the rate at epochs 30, 60, 80 and 90, or half a cosine
    /// to zero. [default: step; cosine]
    #[arg(long)]
    schedule: Option<DecayKind>,

    /// Momentum of SGD and LARS. [default: 0.9]
    #[arg(long, value_name = "SHARE")]
    momentum: Option<f64>,

    /// Weight decay, not for biases and BatchNorm. [default: 0.0001; 0.0005]
    #[arg(long, value_name = "DECAY")]
    weight_decay: Option<f64>,

    /// Share of the target spread over all classes. [default: 0; 0.1]
    #[arg(long, value_name = "SHARE")]
    label_smoothing: Option<f64>,

    /// Floating-point type of convolutions and activations in training; weights stay in f32.
    /// [default: f32]
    #[arg(long, value_name = "FLOATS")]
    precision: Option<Floats>,

    /// Seed of initial weights, order and augmentation. [default: 0]
    #[arg(long)]
    seed: Option<u64>,

    /// What to do with an image that cannot be decoded: end the run, or leave it out and count it.
    /// [default: fail]
    #[arg(long, value_name = "WHAT")]
    on_bad_image: Option<OnBadImage>,

    /// With `--on-bad-image skip`: more bad images than this in an epoch end the run after all.
    #[arg(long, value_name = "IMAGES", default_value_t = 100)]
    max_bad_images: usize,

    /// Threads that load images. [default: one per processor]
    #[arg(long, value_name = "THREADS")]
    workers: Option<usize>,

    /// Optimizer steps between two reports; after ten seconds there is one in any case.
    /// [default: 100; 20]
    #[arg(long, value_name = "STEPS")]
    log_every: Option<u64>,

    #[command(flatten)]
    pub(crate) weights: WeightsArgs,

    #[command(flatten)]
    reliability: ReliabilityArgs,
}

impl Args {
    /// Whether the bundled sample is trained on.
    pub(crate) fn is_sample(&self) -> bool {
        self.data_dir.is_none() && !self.synthetic
    }

    pub(crate) fn model_dir(&self) -> PathBuf {
        let default = || match (&self.data_dir, self.synthetic) {
            (Some(data), _) => name_of_folder(data),
            (None, true) => "synthetic".into(),
            (None, false) => "fashion-mnist".into(),
        };
        self.model_dir.clone().unwrap_or_else(|| Path::new("runs").join(default()))
    }

    pub(crate) fn workers(&self) -> usize {
        self.workers.unwrap_or_else(|| RunOptions::new("").workers)
    }

    pub(crate) fn run_options(&self) -> Result<RunOptions> {
        self.reliability.apply(RunOptions {
            fresh: self.fresh,
            max_steps: self.max_steps,
            log_every: self.log_every.unwrap_or(if self.is_sample() { 20 } else { 100 }),
            workers: self.workers(),
            histograms: self.histograms,
            trace: self.profile.map(Trace::of_steps).unwrap_or_default(),
            ..RunOptions::new(self.model_dir())
        })
    }

    /// The recipe that a flag names, or that of the run in the model folder, or a preset; changed by
    /// flags.
    pub(crate) fn recipe(&self) -> Result<Recipe> {
        let saved = self.model_dir().join("config.toml");
        let goes_on = !self.recipe.is_named() && !self.fresh && saved.exists();
        self.change(if goes_on { recipe_file::read(&saved)? } else { self.fresh_recipe()? })
    }

    /// The recipe that a flag names, or a preset.
    pub(crate) fn fresh_recipe(&self) -> Result<Recipe> {
        Ok(match self.recipe.named()? {
            Some(named) => named,
            None if self.is_sample() => presets::fashion_mnist_sample(),
            None => presets::tutorial(),
        })
    }

    /// `recipe` with the changes of all flags.
    pub(crate) fn change(&self, mut recipe: Recipe) -> Result<Recipe> {
        ensure!(
            self.image_size.is_none() || recipe.resolution.is_none(),
            "--image-size says one size, and the sizes of this recipe change from epoch to epoch: set \
             resolution.start_size, resolution.end_size and data.validation_size by --set instead"
        );
        self.change_model(&mut recipe);
        self.change_data(&mut recipe);
        self.change_training(&mut recipe);
        self.recipe.change(&recipe)
    }

    /// Whether the batch size is to be found: a run that goes on has one.
    pub(crate) fn finds_batch_size(&self) -> bool {
        let goes_on = !self.fresh && self.model_dir().join("config.toml").exists();
        matches!(self.batch_size, Some(BatchSize::Auto)) && !goes_on
    }

    /// The flag that asks for something else than training. (`--try-batch-size`, a trial for `--batch-size auto`,
    /// comes from a process that is alone.)
    pub(crate) fn is_for_one_device(&self) -> Option<&'static str> {
        let flags = [(self.find_lr, "--find-lr"), (self.eval_only, "--eval-only")];
        flags.into_iter().find_map(|(is_set, flag)| is_set.then_some(flag))
    }

    /// Refuses to train a preset for other images on the bundled sample.
    pub(crate) fn check_images(&self) -> Result<()> {
        let preset = self.recipe.preset_for_own_images().filter(|_| self.is_sample());
        ensure!(
            preset.is_none(),
            "--preset {} is not for the bundled sample: add --data-dir, or --synthetic to try a device",
            preset.unwrap_or_default()
        );
        Ok(())
    }

    /// Refuses to write a run among the images.
    pub(crate) fn check_model_dir(&self) -> Result<()> {
        if let Some(data) = &self.data_dir {
            ModelFolder::at(&self.model_dir()).check_apart_from(data)?;
        }
        Ok(())
    }

    /// The recipe of the run in the model folder with what the flags say of the images, such as their size; the
    /// network has to be that of the run.
    pub(crate) fn recipe_to_evaluate(&self) -> Result<Recipe> {
        let path = self.model_dir().join("config.toml");
        let saved = recipe_file::read(&path).context("nothing to evaluate: train first")?;
        let mut asked = saved.clone();
        self.change_model(&mut asked);
        self.change_data(&mut asked);
        let asked = self.recipe.change(&asked)?;
        let conflicts = asked.resume_conflicts(&saved);
        ensure!(
            conflicts.is_empty(),
            "{}: the checkpoints do not fit the flags: {}; leave these flags out",
            path.display(),
            conflicts.join("; ")
        );
        Ok(asked)
    }
}

/// The name of a data set's folder, or of the folder that its file lies in.
fn name_of_folder(data: &Path) -> OsString {
    let whole = data.canonicalize().unwrap_or_else(|_missing| data.to_owned());
    let folder = if whole.is_file() { whole.parent() } else { Some(&*whole) };
    folder.and_then(Path::file_name).unwrap_or(OsStr::new("data")).to_owned()
}
