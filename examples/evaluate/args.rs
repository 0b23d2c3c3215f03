//! The flags.

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;
use resnet::DeviceChoice;
use resnet::data::{DatasetOptions, GroupBy};
use resnet::training::folder::ModelFolder;

use crate::bundled;
use crate::unsure::UnsureLabels;

/// Evaluate a trained network on images it has not seen; without --data, on the validation images of the
/// bundled sample.
#[derive(Debug, Parser)]
#[command(name = "evaluate")]
pub(crate) struct Args {
    /// Model folder of a run, whose weights of the best evaluation are judged, or of a cross-validation,
    /// which stands for its folds. Several networks are judged together, by the mean of their
    /// probabilities.
    #[arg(long = "model-dir", required = true, value_name = "DIR")]
    pub(crate) model_dirs: Vec<PathBuf>,

    /// Images in any layout that `train_imagenet` reads. [default: the bundled sample]
    #[arg(long, value_name = "PATH")]
    pub(crate) data: Option<PathBuf>,

    /// The split to judge by.
    #[arg(long, value_name = "NAME", default_value = "validation")]
    pub(crate) split: String,

    /// A column of the manifest, such as the hospital: figures are also reported for each of its values.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) subgroup: Option<String>,

    /// The manifest's column that says which images belong together, such as the patient: intervals are
    /// resampled by it. [default: the column `group`, if there is one]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) group: Option<String>,

    /// Folder for what is written. [default: evaluation-SPLIT in the model folder]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    #[command(flatten)]
    unsure: UnsureLabels,

    /// Ask a yes-or-no question: is it this class, by name or number? Where images have several labels,
    /// each is a question anyway. [default: the class that `finetune` asked for]
    #[arg(long, value_name = "CLASS")]
    pub(crate) positive: Option<String>,

    /// From which probability on an image is taken for the positive class. [default: what `finetune` chose
    /// on validation images, else 0.5]
    #[arg(long, value_name = "P", conflicts_with = "choose_on")]
    pub(crate) threshold: Option<f64>,

    /// Choose the threshold on this split: by --sensitivity or --specificity, else where their sum is
    /// largest.
    #[arg(long, value_name = "NAME")]
    pub(crate) choose_on: Option<String>,

    /// Sensitivity that the threshold has to reach, 0 to 1.
    #[arg(long, value_name = "SHARE", requires = "choose_on", conflicts_with = "specificity")]
    pub(crate) sensitivity: Option<f64>,

    /// Specificity that the threshold has to reach, 0 to 1.
    #[arg(long, value_name = "SHARE", requires = "choose_on")]
    pub(crate) specificity: Option<f64>,

    /// Prevalence, 0 to 1, for which predictive values (PPV, NPV) are also reported.
    #[arg(long, value_name = "SHARE")]
    pub(crate) prevalence: Option<f64>,

    /// The classes are ordered grades: also report quadratic weighted kappa.
    #[arg(long)]
    pub(crate) ordered: bool,

    /// Bootstrap resamples for the intervals; 0 for none.
    #[arg(long, value_name = "N", default_value_t = 2000)]
    pub(crate) resamples: usize,

    /// Seed of the resamples.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,

    /// Where to compute: auto, cpu, cuda:N, rocm:N, metal:N, vulkan:N or wgpu:N. Without :N it is the first.
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub(crate) device: DeviceChoice,
}

impl Args {
    pub(crate) fn data(&self) -> Result<PathBuf> {
        let given = self.data.clone().map(Ok);
        given.unwrap_or_else(|| bundled::sample("give --data"))
    }

    pub(crate) fn dataset_options(&self) -> DatasetOptions {
        let options = DatasetOptions {
            group: self.group.clone().map(GroupBy::Column),
            columns: self.subgroup.iter().cloned().collect(),
            ..DatasetOptions::default()
        };
        self.unsure.of(options)
    }

    pub(crate) fn out(&self) -> PathBuf {
        let default = || self.model_dirs[0].join(format!("evaluation-{}", self.split));
        self.out.clone().unwrap_or_else(default)
    }

    /// The folder of the first network's run.
    pub(crate) fn first_run(&self) -> ModelFolder {
        let runs = ModelFolder::runs_below(&self.model_dirs[0]);
        ModelFolder::at(&runs[0])
    }
}
