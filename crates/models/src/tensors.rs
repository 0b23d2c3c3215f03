//! Named tensors in a safetensors file, written so that a file is complete or absent.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use burn::tensor::TensorData;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError, SafeTensors};
use thiserror::Error;

use crate::element::Element;

/// Tensors by name, in the order of their names.
pub type TensorMap = BTreeMap<String, TensorData>;

/// The same values in another shape with as many.
#[must_use]
pub fn reshaped(data: &TensorData, shape: &[usize]) -> TensorData {
    TensorData::from_bytes_vec(data.as_bytes().to_vec(), shape.to_vec(), data.dtype())
}

/// Why a tensor file could not be written or read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TensorFileError {
    /// The file system refused.
    #[error("{}: cannot {action} the tensor file: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried: "read" or "write".
        action: &'static str,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The content is not a safetensors file, or only a part of one.
    #[error(
        "{}: not a complete safetensors file ({source}); copy it again or take another one",
        path.display()
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// What the parser found.
        source: SafeTensorError,
    },
    /// A tensor is stored with a type that is no floating-point number of 16, 32 or 64 bits.
    #[error(
        "{}: tensor `{name}` holds {found} values, f32, f16, bf16 or f64 was expected; convert the \
         file first",
        path.display()
    )]
    ElementType {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Its type.
        found: String,
    },
    /// A value is too large for the type that the file was to have.
    #[error(
        "{}: tensor `{name}` has a value of {value}, which {element} cannot hold; write bf16 or f32",
        path.display()
    )]
    Range {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// The value.
        value: f32,
        /// The type.
        element: Element,
    },
}

/// The bytes of a safetensors file that holds 32-bit float `tensors`.
///
/// # Errors
/// As [`write()`]; the file that the error names is none.
pub fn to_bytes(tensors: &TensorMap) -> Result<Vec<u8>, TensorFileError> {
    serialized(Path::new("(memory)"), tensors)
}

/// Writes 32-bit float `tensors` to `path`: first beside it, flushed to the disk, then renamed.
///
/// # Errors
/// [`TensorFileError::Io`] if the file system refuses; [`TensorFileError::Format`] if a name occurs
/// that the format cannot hold; [`TensorFileError::ElementType`] for other element types.
pub fn write(path: &Path, tensors: &TensorMap) -> Result<(), TensorFileError> {
    put(path, &serialized(path, tensors)?)
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), TensorFileError> {
    resnet_files::replace(path, bytes).map_err(|source| TensorFileError::Io {
        path: path.to_owned(),
        action: "write",
        source,
    })
}

fn serialized(path: &Path, tensors: &TensorMap) -> Result<Vec<u8>, TensorFileError> {
    let views = tensors
        .iter()
        .map(|(name, data)| Ok((name.as_str(), view(path, name, data)?)))
        .collect::<Result<Vec<_>, TensorFileError>>()?;
    bytes_of(path, views)
}

/// [`write()`] with every value rounded to `element`.
///
/// # Errors
/// Those of [`write()`], and [`TensorFileError::Range`] for a value that `element` cannot hold.
pub fn write_as(path: &Path, tensors: &TensorMap, element: Element) -> Result<(), TensorFileError> {
    let dtype = match element {
        Element::F32 => return write(path, tensors),
        Element::F16 => Dtype::F16,
        Element::Bf16 => Dtype::BF16,
        Element::F64 => return Err(wrong_type(path, "all of them", "f64")),
    };
    let mut rounded = Vec::new();
    for (name, data) in tensors {
        let values: Vec<f32> = data.iter().collect();
        if let Some(&value) = values.iter().find(|value| !element.holds(**value)) {
            let (path, name) = (path.to_owned(), name.clone());
            return Err(TensorFileError::Range { path, name, value, element });
        }
        rounded.push((name, data.shape().to_vec(), element.narrow(&values).unwrap_or_default()));
    }
    let views = rounded.iter().map(|(name, shape, bytes)| {
        Ok((name.as_str(), TensorView::new(dtype, shape.clone(), bytes)?))
    });
    let views = views.collect::<Result<Vec<_>, SafeTensorError>>();
    let views =
        views.map_err(|source| TensorFileError::Format { path: path.to_owned(), source })?;
    put(path, &bytes_of(path, views)?)
}

fn bytes_of(path: &Path, views: Vec<(&str, TensorView<'_>)>) -> Result<Vec<u8>, TensorFileError> {
    // What `torch` tools look for; one key only, so that equal tensors give equal bytes.
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    safetensors::serialize(views, Some(metadata))
        .map_err(|source| TensorFileError::Format { path: path.to_owned(), source })
}

/// Reads all tensors of a safetensors file as 32-bit floats, whatever their width in the file;
/// tensors of integers and of booleans (PyTorch's `num_batches_tracked`) are left out.
///
/// # Errors
/// [`TensorFileError`], naming the file and, where it applies, the tensor.
pub fn read(path: &Path) -> Result<TensorMap, TensorFileError> {
    let bytes = fs::read(path).map_err(|source| TensorFileError::Io {
        path: path.to_owned(),
        action: "read",
        source,
    })?;
    from_bytes(&bytes, path)
}

/// [`read`] for the content of a file that is in memory, which errors call `path`.
///
/// # Errors
/// The same.
pub fn from_bytes(bytes: &[u8], path: &Path) -> Result<TensorMap, TensorFileError> {
    let file = SafeTensors::deserialize(bytes)
        .map_err(|source| TensorFileError::Format { path: path.to_owned(), source })?;
    file.iter()
        .filter(|(_, view)| !is_integer(view.dtype()))
        .map(|(name, view)| Ok((name.to_owned(), tensor_data(path, name, &view)?)))
        .collect()
}

fn is_integer(dtype: Dtype) -> bool {
    use Dtype::{BOOL, I8, I16, I32, I64, U8, U16, U32, U64};
    matches!(dtype, BOOL | I8 | I16 | I32 | I64 | U8 | U16 | U32 | U64)
}

fn view<'a>(
    path: &Path,
    name: &str,
    data: &'a TensorData,
) -> Result<TensorView<'a>, TensorFileError> {
    if data.dtype() != burn::tensor::DType::F32 {
        return Err(wrong_type(path, name, &format!("{:?}", data.dtype())));
    }
    TensorView::new(Dtype::F32, data.shape().to_vec(), data.as_bytes())
        .map_err(|source| TensorFileError::Format { path: path.to_owned(), source })
}

fn tensor_data(
    path: &Path,
    name: &str,
    view: &TensorView<'_>,
) -> Result<TensorData, TensorFileError> {
    let element = match view.dtype() {
        Dtype::F32 => Element::F32,
        Dtype::F16 => Element::F16,
        Dtype::BF16 => Element::Bf16,
        Dtype::F64 => Element::F64,
        other => return Err(wrong_type(path, name, &format!("{other:?}"))),
    };
    Ok(TensorData::new(element.widen(view.data()), view.shape().to_vec()))
}

fn wrong_type(path: &Path, name: &str, found: &str) -> TensorFileError {
    TensorFileError::ElementType {
        path: path.to_owned(),
        name: name.to_owned(),
        found: found.to_owned(),
    }
}
