//! Train and use residual networks in pure Rust: from TFRecord shards to a trained ResNet, on CUDA,
//! on any GPU that wgpu reaches, or on the CPU.
//!
//! The crates of the workspace under one name:
//!
//! | module | crate | what |
//! |---|---|---|
//! | [`records`] | `tfrecord-codec` | TFRecord files, `tf.train.Example`, event files |
//! | [`data`] | `resnet-data` | data sets, decoding, transforms, the loader |
//! | [`files`] | `resnet-files` | files that are whole or absent, and locks |
//! | [`recipe`] | `resnet-recipe` | recipes, schedules, events of a run, sinks |
//! | [`distributed`] | `resnet-distributed` | ranks that train together |
//! | [`kernels`] | `resnet-kernels` | what makes the networks fast |
//! | [`metrics`] | `resnet-metrics` | how good predictions are, with intervals |
//! | [`models`] | `resnet-models` | the networks and their weights |
//! | [`pretrained`] | `resnet-pretrained` | published weights by name, and a cache for them |
//! | [`report`] | `resnet-report` | one HTML file about a run or an evaluation |
//! | [`training`] | `resnet-train` | devices, the step, checkpoints, the run |
//! | [`finetuning`] | `resnet-finetune` | from one's own pictures to a network and how good it is |
//! | [`burn`] | `burn` | tensors and devices, of the version that all of these use |
//!
//! and what most programs need: [`train`], [`evaluate_run`], [`export`], and [`Predictor`] to ask a trained network.
//!
//! ```no_run
//! use std::{path::Path, sync::Arc};
//! use resnet::data::{ImageRecords, LabelRange, Split};
//! use resnet::{Datasets, DeviceChoice, Fanout, RunOptions, choose_device, presets, train};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let recipe = presets::tutorial();
//! let open = |split| ImageRecords::open(Path::new("imagenet"), split, LabelRange::imagenet(1000));
//! let images = Datasets {
//!     train: Arc::new(open(Split::Train)?),
//!     validation: Arc::new(open(Split::Validation)?),
//! };
//! let device = choose_device(DeviceChoice::Auto)?;
//! let mut quiet = Fanout::default();
//! let outcome = train(&recipe, &images, &RunOptions::new("runs/imagenet"), &device, &mut quiet)?;
//! println!("best: {:?}", outcome.best);
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! - `flex` (default): the CPU, through Burn's pure-Rust backend Flex.
//! - `wgpu`: any GPU that Vulkan, Metal or DirectX 12 reaches.
//! - `vulkan`: the same, and GPUs that Vulkan reaches get kernels in SPIR-V.
//! - `metal`: the same as `wgpu`, and Apple's GPUs get kernels in Metal's own language.
//! - `cuda`: NVIDIA GPUs.
//! - `cuda-nvrtc`: `cuda` with kernels that NVRTC compiles at run time; it needs `libnvrtc` and the CUDA headers then.
//! - `rocm`: AMD GPUs.
//! - `dataloader`: [`training`]'s loader for programs that train with `burn-train`.
//! - `mpi`: ranks as processes on one or many machines.
//! - `parquet`: Parquet files with images.
//! - `dicom`: DICOM files, as scanners write them.
//! - `download`: getting published weights over HTTPS.

#![warn(missing_docs)]

/// The version of Burn whose tensors and devices everything here takes and gives.
pub use burn;
pub use resnet_data as data;
pub use resnet_distributed as distributed;
pub use resnet_files as files;
pub use resnet_finetune as finetuning;
pub use resnet_kernels as kernels;
pub use resnet_metrics as metrics;
pub use resnet_models as models;
pub use resnet_pretrained as pretrained;
pub use resnet_recipe as recipe;
pub use resnet_report as report;
pub use resnet_train as training;
pub use tfrecord_codec as records;

pub use resnet_recipe::{Fanout, Recipe, RunEvent, Sink, presets};
pub use resnet_train::device::{Chosen, DeviceChoice, GpuApi, choose as choose_device};
pub use resnet_train::predict::{Ensemble, Prediction, Predictor, Trained};
pub use resnet_train::run::{
    Datasets, Outcome, RunOptions, evaluate_run, train, train_model, train_on,
};
pub use resnet_train::stopping::{Ending, StopHandle};
pub use resnet_train::{Exported, InitialWeights, TrainError, export};

/// Compiles and runs the README's example with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// The same for the page about reports.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/report.md")]
struct ReportPage;

/// Compiles the example of `docs/predict.md`.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/predict.md")]
struct PredictPage;

/// Compiles the examples of `docs/guide/library.md`.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide/library.md")]
struct LibraryGuide;
