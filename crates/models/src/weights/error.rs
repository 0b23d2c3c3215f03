//! Why weights could not be used.

use std::io;
use std::path::{Path, PathBuf};

use burn::tensor::TensorData;
use thiserror::Error;

use super::names::Unclear;
use crate::StateDictError;
use crate::tensors::{TensorFileError, TensorMap};

/// Why weights could not be read or loaded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// The file system refused.
    #[error("{}: cannot read the weights: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The safetensors file is damaged or of another kind.
    #[error(transparent)]
    Safetensors(#[from] TensorFileError),
    /// The file is not one of PyTorch's, or only a part of one.
    #[error(
        "{}: no weights that can be read: {reason} (byte {at}); copy or download it again, or give a \
         .safetensors or .pth file",
        path.display()
    )]
    Pytorch {
        /// The file.
        path: PathBuf,
        /// The byte where it shows, 0 if it concerns the whole.
        at: usize,
        /// What is wrong.
        reason: String,
    },
    /// The file holds a program and not only weights.
    #[error(
        "{}: the file would have Python call `{call}`; nothing of it was executed. Take weights from \
         a source you trust, as safetensors if there are some",
        path.display()
    )]
    Code {
        /// The file.
        path: PathBuf,
        /// What Python would call.
        call: String,
    },
    /// There is not one floating-point tensor in the file.
    #[error("{}: no weights in this file; give the file with the state dict", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// There are several networks in the file, such as a student and its teacher.
    #[error(
        "{}: the weights of several networks are in this file, below {}: say which is meant \
         (Weights::read_below; the programs' flag --pretrained-prefix)",
        path.display(), prefixes.join(" and ")
    )]
    Several {
        /// The file.
        path: PathBuf,
        /// What stands before the names of each.
        prefixes: Vec<String>,
    },
    /// No name in the file begins with the prefix of the network that is meant.
    #[error(
        "{}: no tensor's name begins with `{prefix}`; they begin with {}: name another prefix, or none",
        path.display(), begins.join(", ")
    )]
    Prefix {
        /// The file.
        path: PathBuf,
        /// The prefix.
        prefix: String,
        /// How names do begin.
        begins: Vec<String>,
    },
    /// A weight is infinite or not a number.
    #[error(
        "{}: tensor `{name}` holds {value} at {index:?}; the training that made it diverged or the \
         file is damaged, take another one",
        path.display()
    )]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Place of the first such value.
        index: Vec<usize>,
        /// The value.
        value: f32,
    },
    /// The weights are of another network.
    #[error("{}: {source}", path.display())]
    Fit {
        /// The file.
        path: PathBuf,
        /// What fits and what does not.
        source: StateDictError,
    },
}

impl Unclear {
    pub(super) fn of(self, path: &Path) -> WeightsError {
        let path = path.to_owned();
        match self {
            Self::Several(prefixes) => WeightsError::Several { path, prefixes },
            Self::NoneBelow(prefix, begins) => WeightsError::Prefix { path, prefix, begins },
        }
    }
}

/// The first value that is not finite, as an error.
pub(super) fn check_finite(path: &Path, tensors: &TensorMap) -> Result<(), WeightsError> {
    for (name, data) in tensors {
        if let Some((at, value)) = data.iter::<f32>().enumerate().find(|(_, v)| !v.is_finite()) {
            let (path, name) = (path.to_owned(), name.clone());
            return Err(WeightsError::NotFinite { path, name, index: index_of(data, at), value });
        }
    }
    Ok(())
}

/// The coordinates of element `at`.
fn index_of(data: &TensorData, mut at: usize) -> Vec<usize> {
    let mut index = Vec::new();
    for &size in data.shape().iter().rev() {
        index.push(at % size);
        at /= size;
    }
    index.reverse();
    index
}
