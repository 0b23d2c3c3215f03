//! PyTorch's own files: zip archives, and the pickles one after another of versions before 1.6.

use std::collections::HashMap;
use std::path::Path;

use super::WeightsError;
use super::archive::Archive;
use super::bytes::{Bad, Bytes, bad};
use super::pickle::{Pickle, Value};
use super::rebuild::{Layout, Storage, layouts};
use crate::tensors::TensorMap;

/// The magic number 0x1950a86a20f9469cfc6c, as the first pickle of an old file.
const LEGACY: [u8; 14] = *b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
const LEGACY_VERSION: usize = 1001;

/// Tensors may share bytes of the file, within reason.
const MOST_BYTES_PER_FILE_BYTE: usize = 16;

/// Reads all tensors of floating-point numbers as 32-bit ones.
pub(super) fn read(bytes: &[u8], path: &Path) -> Result<TensorMap, WeightsError> {
    tensors(bytes).map_err(|error| match error {
        Bad::Format { at, reason } => WeightsError::Pytorch { path: path.to_owned(), at, reason },
        Bad::Code(call) => WeightsError::Code { path: path.to_owned(), call },
    })
}

fn tensors(bytes: &[u8]) -> Result<TensorMap, Bad> {
    if bytes.starts_with(b"PK") {
        from_archive(bytes)
    } else if bytes.starts_with(&LEGACY) {
        from_legacy(bytes)
    } else {
        bad(0, "it is neither a zip archive nor a file of PyTorch before 1.6")
    }
}

fn from_archive(bytes: &[u8]) -> Result<TensorMap, Bad> {
    let archive = Archive::read(bytes)?;
    if archive.get("byteorder").is_some_and(|(_, order)| order != b"little") {
        return bad(0, "its numbers are big-endian");
    }
    let Some((at, pickle)) = archive.get("data.pkl") else { return bad(0, "it has no `data.pkl`") };
    let end = at + pickle.len();
    let layouts = layouts(&Pickle::read(&bytes[..end], at)?)?;
    collect(&layouts, bytes.len(), |storage| {
        archive.get(&format!("data/{}", storage.key)).map(|(_, content)| content)
    })
}

/// Magic number, version, machine, content, then the keys of the storages and the storages.
fn from_legacy(bytes: &[u8]) -> Result<TensorMap, Bad> {
    let magic = Pickle::read(bytes, 0)?;
    let version = Pickle::read(bytes, magic.end)?;
    if version.size(version.root()) != Some(LEGACY_VERSION) {
        return bad(magic.end, format!("its version is not {LEGACY_VERSION}"));
    }
    let machine = Pickle::read(bytes, version.end)?;
    check_little_endian(&machine, version.end)?;
    let content = Pickle::read(bytes, machine.end)?;
    let layouts = layouts(&content)?;
    let keys = Pickle::read(bytes, content.end)?;
    let storages = legacy_storages(bytes, &keys, &layouts)?;
    collect(&layouts, bytes.len(), |storage| storages.get(storage.key.as_str()).copied())
}

fn check_little_endian(machine: &Pickle, at: usize) -> Result<(), Bad> {
    let Value::Dict(items) = machine.get(machine.root()) else { return Ok(()) };
    let big = |&(key, value): &(usize, usize)| {
        machine.text(key) == Some("little_endian") && *machine.get(value) == Value::Bool(false)
    };
    if items.iter().any(big) { bad(at, "its numbers are big-endian") } else { Ok(()) }
}

/// The storages lie one after another, each behind its length.
fn legacy_storages<'a>(
    bytes: &'a [u8],
    keys: &Pickle,
    layouts: &'a [Layout],
) -> Result<HashMap<&'a str, &'a [u8]>, Bad> {
    let known: HashMap<&str, &Storage> =
        layouts.iter().map(|layout| (layout.storage.key.as_str(), &layout.storage)).collect();
    let mut input = Bytes::new(bytes, keys.end);
    let mut storages = HashMap::new();
    for &key in keys.items(keys.root()) {
        let at = input.at;
        let storage = keys.text(key).and_then(|key| known.get(key));
        let Some(storage) = storage else { return bad(at, "a storage belongs to no tensor") };
        let length = input.number::<8>()?;
        if length != storage.length {
            let (key, said) = (&storage.key, storage.length);
            return bad(at, format!("storage `{key}` has {length} values and not {said}"));
        }
        let content = input.take(length.saturating_mul(storage.width))?;
        storages.insert(storage.key.as_str(), content);
    }
    Ok(storages)
}

fn collect<'a>(
    layouts: &[Layout],
    file: usize,
    content: impl Fn(&Storage) -> Option<&'a [u8]>,
) -> Result<TensorMap, Bad> {
    let floats = || layouts.iter().filter(|layout| layout.storage.element.is_some());
    let values = floats().fold(0_usize, |sum, layout| sum.saturating_add(layout.count()));
    if values > file.saturating_mul(MOST_BYTES_PER_FILE_BYTE / size_of::<f32>()) {
        return bad(
            0,
            format!("its tensors have {values} values, far more than the file has bytes"),
        );
    }
    let mut tensors = TensorMap::new();
    for layout in floats() {
        let (name, storage) = (&layout.name, &layout.storage);
        let Some(data) = content(storage).and_then(|bytes| layout.gather(bytes)) else {
            let key = &storage.key;
            return bad(0, format!("tensor `{name}`: its storage `{key}` is missing or too short"));
        };
        tensors.insert(name.clone(), data);
    }
    Ok(tensors)
}
