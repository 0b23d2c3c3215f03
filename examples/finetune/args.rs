//! The flags.

use std::path::PathBuf;

use anyhow::{Result, bail};
use burn::tensor::Device;
use clap::Parser;
use resnet::data::{DatasetOptions, GroupBy};
use resnet::finetuning::{Freeze, Imbalance, Plan};
use resnet::metrics::OperatingRule;
use resnet::models::weights::Weights;
use resnet::pretrained::Request;
use resnet::{DeviceChoice, RunOptions};

use crate::stdout::say;
use crate::unsure::UnsureLabels;
use crate::weights::{self, WeightsArgs};

/// Fine-tunes a residual network on your own pictures, judges it and writes a report.
#[derive(Debug, Parser)]
#[command(name = "finetune")]
pub(crate) struct Args {
    /// A folder for each class, such folders in train/, validation/ and test/, or a .csv file with the
    /// columns path and label. Without it a stand-in is used.
    #[arg(long, value_name = "DIR|FILE", help_heading = "Pictures")]
    pub(crate) data: Option<PathBuf>,
    /// The manifest's column that says which pictures belong together (the patient): they stay in one
    /// split. Without it the column `group`, if there is one. Folders have --group-until instead.
    #[arg(long, value_name = "COLUMN", help_heading = "Pictures")]
    group: Option<String>,
    /// Pictures whose file names are the same up to this character belong together: `_` for
    /// person7_virus_25.jpeg.
    #[arg(long, value_name = "CHAR", conflicts_with = "group", help_heading = "Pictures")]
    group_until: Option<char>,
    /// The manifest's columns that say 1 or 0, in place of `label`: any number of these labels may be true
    /// of a picture.
    #[arg(long, value_name = "COLUMN,COLUMN", value_delimiter = ',', help_heading = "Pictures")]
    labels: Vec<String>,
    #[command(flatten, next_help_heading = "Pictures")]
    unsure: UnsureLabels,
    /// A column of the manifest, such as the hospital: figures are also reported for each of its values.
    #[arg(long, value_name = "COLUMN", help_heading = "Pictures")]
    subgroup: Option<String>,
    #[cfg(feature = "dicom")]
    #[command(flatten)]
    dicom: crate::dicom::Flags,
    /// Another seed makes other splits, weights and order.
    #[arg(long, default_value_t = 0, help_heading = "Pictures")]
    seed: u64,

    #[command(flatten, next_help_heading = "Network")]
    weights: WeightsArgs,
    /// Take the backbone alone from --pretrained, even if its classifier would fit.
    #[arg(long, requires = "pretrained", help_heading = "Network")]
    backbone_only: bool,
    /// The network, such as resnet50; see the example `zoo`. Without it the one that --pretrained names, or
    /// whose tensors are in its file; without weights resnet18, or resnet20 for pictures below 64 pixels.
    #[arg(long, value_name = "NAME", help_heading = "Network")]
    model: Option<String>,
    /// What stays as it is at first: none, stem, layer1, layer2, layer3 or layer4. Without it layer4
    /// with --pretrained, nothing from scratch.
    #[arg(long, value_name = "PART", value_parser = part, help_heading = "Network")]
    freeze_until: Option<Freeze>,
    /// Epochs after which one stage more begins to learn; 0: never.
    #[arg(long, value_name = "N", default_value_t = 1, help_heading = "Network")]
    unfreeze_every: u64,
    /// Height and width of the network's input, in pixels. [default: the median width or height of the pictures, the smaller, at most
    /// 224; with --pretrained the network's own]
    #[arg(long, value_name = "PX", help_heading = "Network")]
    image_size: Option<usize>,

    /// Passes over the training pictures at most. [default: 30; stand-in 16]
    #[arg(long, value_name = "N", help_heading = "Training")]
    epochs: Option<u64>,
    /// Stop after this many epochs in a row without a lower validation loss. [default: 8; stand-in 16]
    #[arg(long, value_name = "N", help_heading = "Training")]
    patience: Option<u64>,
    /// Pictures in a step. [default: 32, or a quarter of the training pictures if that is less]
    #[arg(long, value_name = "N", help_heading = "Training")]
    batch_size: Option<usize>,
    /// The largest learning rate. [default: 0.001; 0.0003 with --pretrained]
    #[arg(long, value_name = "RATE", help_heading = "Training")]
    learning_rate: Option<f64>,
    /// What is done about classes of different size: inverse-frequency (errors cost in inverse proportion to
    /// the pictures of the class), effective-number (less so for large classes), focal (errors on what is
    /// right already cost less), balanced-sampler (each class is drawn equally often), ignore, or auto
    /// (effective-number, if the largest class has more than 1.5 times the pictures of the smallest).
    #[arg(long, default_value = "auto", value_parser = imbalance, help_heading = "Training")]
    imbalance: Imbalance,
    /// Do not exchange left and right in training.
    #[arg(long, help_heading = "Training")]
    no_flip: bool,
    /// A key of the recipe, such as optimizer.weight_decay=0.05; may be given several times.
    #[arg(long = "set", value_name = "KEY=VALUE", help_heading = "Training")]
    overrides: Vec<String>,
    /// Cross-validation: train this many networks, at least 3, each tested on another part.
    #[arg(long, value_name = "N", help_heading = "Training")]
    pub(crate) folds: Option<usize>,

    /// The positive class, where there are two. [default: the one that is not called normal, healthy, negative or the
    /// like; else the last]
    #[arg(long, value_name = "CLASS", help_heading = "Judging")]
    positive: Option<String>,
    /// Choose the threshold for this sensitivity on the validation pictures, 0 to 1. Without it, for
    /// the largest sum of sensitivity and specificity.
    #[arg(long, value_name = "S", value_parser = share, help_heading = "Judging")]
    sensitivity: Option<f64>,
    /// The same for this specificity.
    #[arg(long, value_name = "S", value_parser = share, conflicts_with = "sensitivity", help_heading = "Judging")]
    specificity: Option<f64>,
    /// Prevalence, 0 to 1, for which predictive values (PPV, NPV) are also reported.
    #[arg(long, value_name = "P", value_parser = share, help_heading = "Judging")]
    prevalence: Option<f64>,
    /// The classes are ordered grades: also report quadratic weighted kappa.
    #[arg(long, help_heading = "Judging")]
    ordered: bool,

    /// Folder for everything that is written.
    #[arg(long, value_name = "DIR", default_value = "runs/finetune", help_heading = "Run")]
    model_dir: PathBuf,
    /// Set an earlier run in the folder aside instead of going on with it.
    #[arg(long, help_heading = "Run")]
    fresh: bool,
    /// Where to compute: auto, cpu, cuda:N, rocm:N, metal:N, vulkan:N or wgpu:N. Without :N it is the first.
    #[arg(long, default_value = "auto", help_heading = "Run")]
    pub(crate) device: DeviceChoice,
    /// Threads that load pictures. [default: one for each processor]
    #[arg(long, value_name = "N", help_heading = "Run")]
    workers: Option<usize>,
}

impl Args {
    pub(crate) fn dataset_options(&self) -> DatasetOptions {
        let by_column = self.group.clone().map(GroupBy::Column);
        self.unsure.of(DatasetOptions {
            group: by_column.or(self.group_until.map(GroupBy::NameUntil)),
            columns: self.subgroup.iter().cloned().collect(),
            labels: self.labels.clone(),
            leave_out: true,
            ..DatasetOptions::default()
        })
    }

    /// What is wanted; published weights are fetched, and `device` helps to recognise others.
    pub(crate) fn plan(&self, device: &Device) -> Result<Plan> {
        let usual = if self.data.is_some() { Plan::default() } else { crate::stand_in::plan() };
        let request = self.weights.request()?;
        let pretrained = request.as_ref().map(|request| self.weights.file(request)).transpose()?;
        if let Some(words) = request.as_ref().and_then(weights::announcement) {
            say(&words)?;
        }
        let model = match (&self.model, &request, &pretrained) {
            (Some(name), _, _) => Some(name.clone()),
            (None, Some(Request::Name(published)), _) => Some(published.architecture().to_owned()),
            (None, _, Some(file)) => Some(recognised(&self.weights.read(file)?, device)?),
            (None, _, None) => usual.model,
        };
        Ok(Plan {
            model,
            image_size: self.image_size.or(usual.image_size),
            pretrained,
            pretrained_prefix: self.weights.pretrained_prefix.clone(),
            backbone_only: self.backbone_only,
            freeze: self.freeze_until.unwrap_or_default(),
            unfreeze_every: self.unfreeze_every,
            imbalance: self.imbalance,
            epochs: self.epochs.unwrap_or(usual.epochs),
            patience: self.patience.unwrap_or(usual.patience),
            batch_size: self.batch_size.or(usual.batch_size),
            learning_rate: self.learning_rate.or(usual.learning_rate),
            flip: !self.no_flip,
            seed: self.seed,
            overrides: self.overrides(),
            positive: self.positive.clone().or(usual.positive),
            operating: self.operating(),
            prevalence: self.prevalence,
            ordered: self.ordered,
            subgroup: self.subgroup.clone(),
            ..usual
        })
    }

    fn overrides(&self) -> Vec<String> {
        let overrides = self.overrides.clone();
        #[cfg(feature = "dicom")]
        let overrides = [self.dicom.overrides(), overrides].concat();
        overrides
    }

    /// What the report is called.
    pub(crate) fn title(&self) -> String {
        let name = self.data.as_ref().and_then(|path| path.file_name());
        name.map_or("Stand-in: dresses".to_owned(), |name| name.to_string_lossy().into_owned())
    }

    fn operating(&self) -> OperatingRule {
        match (self.sensitivity, self.specificity) {
            (Some(sensitivity), _) => OperatingRule::Sensitivity(sensitivity),
            (_, Some(specificity)) => OperatingRule::Specificity(specificity),
            _ => OperatingRule::Youden,
        }
    }

    pub(crate) fn run_options(&self) -> RunOptions {
        let usual = RunOptions::new(&self.model_dir);
        let workers = self.workers.unwrap_or(usual.workers);
        RunOptions { fresh: self.fresh, workers, ..usual }
    }
}

/// The network whose tensors these are.
fn recognised(weights: &Weights, device: &Device) -> Result<String> {
    let networks = weights.networks(device);
    let names: Vec<&str> = networks.iter().map(|network| network.name).collect();
    let shown = weights.path().display();
    let Some((first, others)) = names.split_first() else {
        bail!(
            "{shown}: no network that has a name has these tensors; if it is one for small pictures, such as \
             resnet20, name it with --model, otherwise take weights of a network that `zoo` lists"
        );
    };
    say(&format!("Network: {first}, by the tensors of {shown}."))?;
    if !others.is_empty() {
        let others = others.join(", ");
        say(&format!(
            "The same tensors are those of {others}: name it with --model if it is one of these."
        ))?;
    }
    Ok((*first).to_owned())
}

fn part(text: &str) -> Result<Freeze, String> {
    if text == "none" {
        return Ok(Freeze::Nothing);
    }
    let known = |_unknown| "one of none, stem, layer1, layer2, layer3, layer4".to_owned();
    serde_json::from_value(text.into()).map(Freeze::Until).map_err(known)
}

fn imbalance(text: &str) -> Result<Imbalance, String> {
    // Names what is known.
    serde_json::from_value(text.into()).map_err(|error| error.to_string())
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "a number from 0 to 1, such as 0.95".to_owned())
}
