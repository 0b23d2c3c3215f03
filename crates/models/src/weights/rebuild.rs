//! Tensors from what a pickle says about them.

use std::borrow::Cow;

use burn::tensor::TensorData;

use super::bytes::{Bad, bad};
use super::pickle::{Id, Pickle, Value};
use crate::element::Element;

/// Dictionaries within dictionaries, and values looked at, beyond which a file is no state dict.
const DEEPEST: usize = 16;
const MOST_VALUES: usize = 1_000_000;
/// Bytes of a key, and of the names of all tensors and dictionaries.
const LONGEST_KEY: usize = 1000;
const MOST_NAME_BYTES: usize = 1 << 26;

/// Where the values of a tensor lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) name: String,
    pub(super) storage: Storage,
    /// The first value, in values from the beginning of the storage.
    offset: usize,
    shape: Vec<usize>,
    stride: Vec<usize>,
}

/// The bytes that tensors share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Storage {
    pub(super) key: String,
    /// None for integers.
    pub(super) element: Option<Element>,
    /// Bytes of a value.
    pub(super) width: usize,
    /// Values.
    pub(super) length: usize,
}

/// All tensors of a pickle, under the keys of the dictionaries around them.
pub(super) fn layouts(pickle: &Pickle) -> Result<Vec<Layout>, Bad> {
    if let Value::Call { function, .. } = pickle.get(pickle.root()) {
        let reason = format!("it holds a `{function}`, not a state dict: save model.state_dict()");
        return bad(0, reason);
    }
    let mut found = Vec::new();
    let mut waiting = vec![(pickle.root(), 0, String::new())];
    let (mut seen, mut name_bytes) = (0, 0);
    while let Some((id, depth, name)) = waiting.pop() {
        seen += 1;
        match pickle.get(id) {
            Value::Dict(items) => {
                if depth == DEEPEST || seen + waiting.len() + items.len() > MOST_VALUES {
                    return bad(0, "its dictionaries are too deep or too many for weights");
                }
                for &(key, value) in items {
                    let name = joined(&name, pickle.get(key))?;
                    name_bytes += name.len();
                    if name_bytes > MOST_NAME_BYTES {
                        return bad(0, "the names of its tensors are too long for weights");
                    }
                    waiting.push((value, depth + 1, name));
                }
            }
            Value::Call { function, arguments } => {
                found.extend(tensor(pickle, name, function, *arguments)?);
            }
            _ => {}
        }
    }
    Ok(found)
}

/// The name of what lies under `key` in the dictionary `outer`.
fn joined(outer: &str, key: &Value) -> Result<String, Bad> {
    let key = match key {
        Value::Text(text) if text.len() > LONGEST_KEY => {
            return bad(0, format!("a key in `{outer}` is longer than {LONGEST_KEY} bytes"));
        }
        Value::Text(text) => text.clone(),
        Value::Int(number) => number.to_string(),
        _ => String::new(),
    };
    Ok(if outer.is_empty() { key } else { format!("{outer}.{key}") })
}

/// The tensor that a call would make, if it would make one.
fn tensor(
    pickle: &Pickle,
    name: String,
    function: &str,
    arguments: Id,
) -> Result<Option<Layout>, Bad> {
    let arguments = pickle.items(arguments);
    match function.strip_prefix("torch._utils.") {
        Some("_rebuild_tensor" | "_rebuild_tensor_v2") => {
            let layout = plain(pickle, &name, arguments);
            layout.map(Some).ok_or_else(|| Bad::Format {
                at: 0,
                reason: format!("the description of tensor `{name}` makes no sense"),
            })
        }
        Some("_rebuild_parameter" | "_rebuild_parameter_with_state") => {
            match arguments.first().map(|&data| pickle.get(data)) {
                // A parameter around a parameter would be no file of PyTorch's.
                Some(Value::Call { function, arguments })
                    if !function.contains("_rebuild_parameter") =>
                {
                    tensor(pickle, name, function, *arguments)
                }
                _ => bad(0, format!("the description of parameter `{name}` makes no sense")),
            }
        }
        Some(other) if other.starts_with("_rebuild") => {
            bad(0, format!("tensor `{name}` is of a kind that is not read (`{other}`)"))
        }
        _ => Ok(None),
    }
}

fn plain(pickle: &Pickle, name: &str, arguments: &[Id]) -> Option<Layout> {
    let &[storage, offset, shape, stride, ..] = arguments else { return None };
    let Value::Persistent(storage) = *pickle.get(storage) else { return None };
    let storage = self::storage(pickle, pickle.items(storage))?;
    let layout = Layout {
        name: name.to_owned(),
        storage,
        offset: pickle.size(offset)?,
        shape: pickle.sizes(shape)?,
        stride: pickle.sizes(stride)?,
    };
    layout.is_inside().then_some(layout)
}

/// `("storage", torch.FloatStorage, "0", "cpu", 864)`, and in old files what it is a view of.
fn storage(pickle: &Pickle, fields: &[Id]) -> Option<Storage> {
    let &[kind, class, key, _device, length, ..] = fields else { return None };
    let Value::Function(class) = pickle.get(class) else { return None };
    let (element, width) = element(class.strip_prefix("torch.")?)?;
    let views = fields.get(5).is_some_and(|&view| *pickle.get(view) != Value::Other);
    let known = pickle.text(kind) == Some("storage") && !views;
    let length = pickle.size(length)?;
    known.then_some(Storage { key: pickle.text(key)?.to_owned(), element, width, length })
}

/// The type of a storage's values and their bytes.
fn element(class: &str) -> Option<(Option<Element>, usize)> {
    Some(match class {
        "FloatStorage" => (Some(Element::F32), 4),
        "HalfStorage" => (Some(Element::F16), 2),
        "BFloat16Storage" => (Some(Element::Bf16), 2),
        "DoubleStorage" => (Some(Element::F64), 8),
        "LongStorage" => (None, 8),
        "IntStorage" => (None, 4),
        "ShortStorage" => (None, 2),
        "CharStorage" | "ByteStorage" | "BoolStorage" => (None, 1),
        _ => return None,
    })
}

impl Layout {
    /// Values, as far as they can be counted.
    pub(super) fn count(&self) -> usize {
        self.shape.iter().fold(1, |count: usize, &size| count.saturating_mul(size))
    }

    /// Whether every value lies within the storage.
    fn is_inside(&self) -> bool {
        if self.shape.len() != self.stride.len() || self.shape.len() > 8 {
            return false;
        }
        if self.shape.contains(&0) {
            return true;
        }
        let mut steps = self
            .shape
            .iter()
            .zip(&self.stride)
            .map(|(&size, &stride)| (size - 1).checked_mul(stride));
        let last = steps.try_fold(self.offset, |sum, step| sum.checked_add(step?));
        last.is_some_and(|last| last < self.storage.length)
    }

    /// The values, row by row, from the bytes of the storage; None for integers and if there are too few
    /// bytes.
    pub(super) fn gather(&self, bytes: &[u8]) -> Option<TensorData> {
        let values = self.storage.element?.widen(&self.own_bytes(bytes)?);
        Some(TensorData::new(values, self.shape.clone()))
    }

    /// The bytes of this tensor's values, row by row. Of a storage that many tensors share nothing else is touched.
    fn own_bytes<'a>(&self, bytes: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        let (width, count) = (self.storage.width, self.count());
        let values = |first: usize, count: usize| {
            bytes.get(first.checked_mul(width)?..first.checked_add(count)?.checked_mul(width)?)
        };
        if self.is_contiguous() {
            return values(self.offset, count).map(Cow::Borrowed);
        }
        let mut own = Vec::with_capacity(count * width);
        for index in 0..count {
            own.extend_from_slice(values(self.place(index), 1)?);
        }
        Some(Cow::Owned(own))
    }

    fn is_contiguous(&self) -> bool {
        let mut wanted = 1;
        self.shape.iter().zip(&self.stride).rev().all(|(&size, &stride)| {
            let fits = size == 1 || stride == wanted;
            wanted *= size;
            fits
        })
    }

    /// Where value number `index` lies in the storage.
    fn place(&self, mut index: usize) -> usize {
        let mut place = self.offset;
        for (&size, &stride) in self.shape.iter().zip(&self.stride).rev() {
            place += index % size * stride;
            index /= size;
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_take_no_more_memory_than_weights_need() {
        // A dictionary under a key of 900 bytes, with 80,000 values: 1.5 MB of file, 72 MB of names.
        let key = [&[b'X'][..], &900_u32.to_le_bytes(), &b"k".repeat(900)].concat();
        let inner: Vec<u8> = (0_u16..40_000).chain(0..40_000).flat_map(short_key).collect();
        let bytes = [b"}(", &key[..], b"}(", &inner, b"uu."].concat();
        let error = layouts(&Pickle::read(&bytes, 0).expect("a pickle")).expect_err("too long");
        assert!(format!("{error:?}").contains("names of its tensors"), "{error:?}");
    }

    /// The number as a key, and None.
    fn short_key(number: u16) -> Vec<u8> {
        let [low, high] = number.to_le_bytes();
        vec![b'M', low, high, b'N']
    }

    #[test]
    fn only_a_tensors_own_bytes_are_read() {
        let storage =
            Storage { key: String::new(), element: Some(Element::F32), width: 4, length: 6 };
        let layout = |offset, shape: &[usize], stride: &[usize]| Layout {
            name: String::new(),
            storage: storage.clone(),
            offset,
            shape: shape.to_vec(),
            stride: stride.to_vec(),
        };
        let bytes: Vec<u8> = (0..6).flat_map(|value| (value as f32).to_le_bytes()).collect();
        let own = |layout: &Layout| layout.own_bytes(&bytes).expect("inside").into_owned();
        assert_eq!(own(&layout(2, &[2], &[1])), bytes[8..16]);
        assert_eq!(own(&layout(1, &[2], &[4])), [&bytes[4..8], &bytes[20..24]].concat());
        assert!(layout(5, &[2], &[1]).own_bytes(&bytes).is_none());
    }
}
