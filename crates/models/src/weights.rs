//! Weights from elsewhere: PyTorch's `.pth` and `.pt`, safetensors, torchvision's names and timm's.
//!
//! [`Weights::read`] takes any of these files and gives tensors by name, as 32-bit floats.
//! [`Weights::load`] puts them into a model after comparing every name and every shape, and tells in a
//! [`LoadReport`] what became of each. Nothing is loaded by half: what does not fit is an error before
//! the first weight has changed.
//!
//! ```
//! use burn::tensor::Device;
//! use resnet_models::weights::{Fit, Head, Weights};
//! use resnet_models::{ResNetConfig, state_dict, tensors};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("resnet18.safetensors");
//! let device = Device::flex();
//! tensors::write(&path, &state_dict(&ResNetConfig::resnet18().init(0, &device)))?;
//!
//! let fit = Fit { head: Head::Fresh, ..Fit::default() };
//! let model = ResNetConfig::resnet18().with_num_classes(7).init(1, &device);
//! let (model, report) = Weights::read(&path)?.load(model, &fit)?;
//! assert_eq!(report.fresh, ["fc.bias", "fc.weight"]);
//! # drop(model);
//! # Ok(())
//! # }
//! ```
//!
//! A `.pth` file is a pickle, a program for Python. It is read as data: nothing in it is executed, and a
//! file that would have Python do more than make data is refused by the name of what it calls.
//!
//! Burn's own reader, the crate `pytorch-reader`, is published as a preview of the next Burn only; what
//! is here reads the files that `torch.save` writes.

mod archive;
mod bytes;
mod error;
mod fit;
mod functions;
mod names;
mod pickle;
mod pytorch;
mod rebuild;
mod recognise;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use burn::module::Module;

pub use crate::element::Element;
pub use error::WeightsError;
pub use fit::{Fit, Head};
use names::Network;

use crate::ResNetConfig;
use crate::options::Version;
use crate::state_dict::{LoadReport, fill, shapes};
use crate::tensors::{self, TensorFileError, TensorMap};
use crate::timm;

/// Tensors by name, and the file they are from.
#[derive(Clone, PartialEq)]
pub struct Weights {
    path: PathBuf,
    tensors: TensorMap,
    /// Names of what else is in the file.
    others: Vec<String>,
}

impl Weights {
    /// Reads a file of weights; its first bytes tell the format, not its name.
    ///
    /// Names are those of the model itself: what programs wrap around them (`state_dict.`, `module.`,
    /// `backbone.`, whatever it is called) is taken off, as the names of the first block of a residual network tell
    /// where it begins. Integer tensors, such as BatchNorm's counters, are left out.
    ///
    /// # Errors
    /// [`WeightsError`] with the file, the tensor and the remedy: for a damaged or foreign file, for one
    /// that holds code or several networks, for values that are not finite.
    pub fn read(path: &Path) -> Result<Self, WeightsError> {
        Self::read_below(path, None)
    }

    /// [`read`](Self::read) for one of several networks in a file: that whose names begin with `prefix`, such as
    /// `encoder_q`; without a prefix the only one.
    ///
    /// # Errors
    /// The same, and if no name begins so.
    pub fn read_below(path: &Path, prefix: Option<&str>) -> Result<Self, WeightsError> {
        Self::of(&bytes_of(path)?, path, prefix)
    }

    /// [`read`](Self::read) for the content of a file that is in memory, which errors call `path`.
    ///
    /// # Errors
    /// The same.
    pub fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self, WeightsError> {
        Self::of(bytes, path, None)
    }

    /// The network of a file, or that below a prefix.
    fn of(bytes: &[u8], path: &Path, prefix: Option<&str>) -> Result<Self, WeightsError> {
        let read = if is_safetensors(bytes, path) {
            tensors::from_bytes(bytes, path)?
        } else {
            pytorch::read(bytes, path)?
        };
        if read.is_empty() {
            return Err(WeightsError::Empty { path: path.to_owned() });
        }
        let Network { tensors, others } =
            names::network(read, prefix).map_err(|problem| problem.of(path))?;
        error::check_finite(path, &tensors)?;
        Ok(Self { path: path.to_owned(), tensors, others })
    }

    /// The tensors, by name.
    #[must_use]
    pub fn tensors(&self) -> &TensorMap {
        &self.tensors
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts the weights into `model`, which keeps its own where `fit` says so.
    ///
    /// # Errors
    /// [`WeightsError::Fit`] with everything that does not fit; the model is then lost, build it again.
    pub fn load<M: Module>(self, model: M, fit: &Fit) -> Result<(M, LoadReport), WeightsError> {
        let (tensors, mut report) = fit::fit(&shapes(&model), self.tensors, fit);
        report.ignored = self.others;
        if report.fits(fit.strict) {
            return Ok((fill(model, tensors), report));
        }
        Err(WeightsError::Fit {
            path: self.path,
            source: crate::StateDictError { report: Box::new(report) },
        })
    }
}

impl fmt::Debug for Weights {
    /// Without the values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tensors = self.tensors.len();
        f.debug_struct("Weights").field("path", &self.path).field("tensors", &tensors).finish()
    }
}

/// Writes the weights of a network of `config` as safetensors that torchvision and, for what torchvision
/// lacks, timm load with `strict=True`.
///
/// # Errors
/// [`TensorFileError`] if the file system refuses or a value does not fit `element`.
pub fn write(
    path: &Path,
    config: &ResNetConfig,
    tensors: TensorMap,
    element: Element,
) -> Result<(), TensorFileError> {
    let tensors = match config.version {
        Version::V2 => timm::to_resnetv2(config, tensors),
        Version::V1 | Version::V1_5 => tensors,
    };
    tensors::write_as(path, &tensors, element)
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, WeightsError> {
    fs::read(path).map_err(|source| WeightsError::Io { path: path.to_owned(), source })
}

/// A safetensors file begins with the length of its header, eight bytes, and a brace.
fn is_safetensors(bytes: &[u8], path: &Path) -> bool {
    let named_so = path.extension().is_some_and(|extension| extension == "safetensors");
    named_so || bytes.get(8) == Some(&b'{') && bytes.get(5..8) == Some(&[0; 3])
}
