//! The flags.

use std::path::PathBuf;

use clap::Parser;
use resnet::DeviceChoice;

/// Ask trained networks what is on pictures.
#[derive(Debug, Parser)]
#[command(name = "predict")]
pub(crate) struct Args {
    /// Image files, folders (with all images below them), or patterns such as 'scans/*.png'.
    #[arg(required = true, value_name = "IMAGES")]
    pub(crate) images: Vec<String>,

    /// Folder of a run, or of a cross-validation, which stands for its folds. Several runs are asked
    /// together: the answer is the mean of their probabilities.
    #[arg(long = "model-dir", required = true, value_name = "DIR")]
    pub(crate) model_dirs: Vec<PathBuf>,

    /// Take the newest checkpoint instead of the weights of the best evaluation.
    #[arg(long)]
    pub(crate) newest: bool,

    /// How many classes are named for each image.
    #[arg(long, value_name = "CLASSES", default_value_t = 5)]
    pub(crate) top: usize,

    /// Answer with one JSON document.
    #[arg(long, conflicts_with = "csv")]
    pub(crate) json: bool,

    /// Answer with comma-separated values: a line for each image and class.
    #[arg(long)]
    pub(crate) csv: bool,

    /// Images that are computed together.
    #[arg(long, value_name = "IMAGES", default_value_t = 32)]
    pub(crate) batch_size: usize,

    /// Threads that load images. [default: one per processor]
    #[arg(long, value_name = "THREADS")]
    pub(crate) workers: Option<usize>,

    /// Look at each mirror image, too, and take the mean of the logits; a recipe may ask for it, anyway.
    #[arg(long)]
    pub(crate) flip: bool,

    /// Look at ten parts of each image, the corners and the centre and the same of its mirror image, and take
    /// the mean of the logits; the network must have been validated on a centre crop.
    #[arg(long, conflicts_with = "flip")]
    pub(crate) ten_crop: bool,

    /// Write into this folder, for each image, what spoke for its most probable class: a PNG file of the
    /// image as the (first) network sees it, under the heat map of Grad-CAM.
    #[arg(long, value_name = "DIR")]
    pub(crate) grad_cam: Option<PathBuf>,

    /// Where to compute: auto, cpu, cuda:N, rocm:N, metal:N, vulkan:N or wgpu:N. Without :N it is the first.
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub(crate) device: DeviceChoice,
}
