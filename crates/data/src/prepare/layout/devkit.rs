//! The development kit of ILSVRC2012: validation labels by `ILSVRC2012_ID`, and what these are.
//!
//! An `ILSVRC2012_ID` is *not* the position of the synset in sorted order, which is what labels of
//! training data are: 1 is n02119789 (kit fox), and the first synset is n01440764 (tench).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::matlab::{self, Value};
use crate::archive::Archive;
use crate::prepare::error::PrepareError;
use crate::prepare::sums::gunzip;

/// The archive as downloaded, and the folder it unpacks to.
const NAME: &str = "ILSVRC2012_devkit_t12";
const GROUND_TRUTH: &str = "data/ILSVRC2012_validation_ground_truth.txt";
const META: &str = "data/meta.mat";

/// The archive has 2.5 MB, unpacked 5 MB.
const MAX_UNPACKED: u64 = 256 << 20;

/// The two files of the kit that count.
pub(super) struct Devkit {
    ground_truth: (PathBuf, Vec<u8>),
    meta: (PathBuf, Vec<u8>),
}

/// What the kit says of one class.
struct Synset {
    wnid: String,
    words: String,
}

impl Devkit {
    /// Looks in these folders for the kit, unpacked or not.
    pub(super) fn find(folders: &[PathBuf]) -> Result<Option<Self>, PrepareError> {
        let places = folders.iter().flat_map(|folder| [folder.join(NAME), folder.clone()]);
        if let Some(folder) = places.into_iter().find(|folder| folder.join(GROUND_TRUTH).is_file())
        {
            let read = |name| {
                let path = folder.join(name);
                let content = std::fs::read(&path).map_err(PrepareError::io("read", &path))?;
                Ok::<_, PrepareError>((path, content))
            };
            return Ok(Some(Self { ground_truth: read(GROUND_TRUTH)?, meta: read(META)? }));
        }
        let mut archives = folders.iter().map(|folder| folder.join(format!("{NAME}.tar.gz")));
        match archives.find(|path| path.is_file()) {
            Some(path) => Self::unpack(&path).map(Some),
            None => Ok(None),
        }
    }

    fn unpack(path: &Path) -> Result<Self, PrepareError> {
        let archive = Archive::in_memory(path, gunzip(path, MAX_UNPACKED)?);
        let members = archive.members()?;
        let read = |name: &str| {
            let Some(member) = members.iter().find(|member| member.name.ends_with(name)) else {
                let problem = format!("the development kit has no {name}");
                return Err(PrepareError::Archive { path: path.to_owned(), offset: 0, problem });
            };
            Ok((path.join(&member.name), archive.read(member)?))
        };
        Ok(Self { ground_truth: read(GROUND_TRUTH)?, meta: read(META)? })
    }

    /// The file of the validation labels, and the labels as synsets.
    pub(super) fn validation(self) -> Result<(PathBuf, Vec<String>), PrepareError> {
        let synsets = self.synsets()?;
        let (path, content) = self.ground_truth;
        let mut labels = Vec::new();
        for (number, line) in text(&path, content)?.lines().enumerate() {
            let synset = line.trim().parse().ok().and_then(|id: u32| synsets.get(&id));
            let Some(synset) = synset else {
                let problem = format!("line {}: {line:?} is no ILSVRC2012_ID", number + 1);
                return Err(PrepareError::Labels { path, problem });
            };
            labels.push(synset.wnid.clone());
        }
        Ok((path, labels))
    }

    /// The classes and their words.
    pub(super) fn class_names(&self) -> Result<BTreeMap<String, String>, PrepareError> {
        let synsets = self.synsets()?.into_values();
        Ok(synsets.map(|synset| (synset.wnid, synset.words)).collect())
    }

    /// The classes by `ILSVRC2012_ID`. Inner nodes of the hierarchy have larger numbers and are no
    /// classes.
    fn synsets(&self) -> Result<BTreeMap<u32, Synset>, PrepareError> {
        let (path, content) = &self.meta;
        let wrong = |problem: String| PrepareError::Labels {
            path: path.clone(),
            problem: problem + ": download the development kit again",
        };
        let mut synsets = BTreeMap::new();
        for row in matlab::structs(content, "synsets").map_err(wrong)? {
            let number = |name| match row.get(name) {
                Some(Value::Number(number)) => Ok(*number),
                _ => Err(wrong(format!("a synset without a number {name}"))),
            };
            let words = |name| match row.get(name) {
                Some(Value::Text(text)) => Ok(text.clone()),
                _ => Err(wrong(format!("a synset without a text {name}"))),
            };
            if number("num_children")? == 0.0 {
                let synset = Synset { wnid: words("WNID")?, words: words("words")? };
                synsets.insert(number("ILSVRC2012_ID")? as u32, synset);
            }
        }
        Ok(synsets)
    }
}

/// A text file's content.
pub(super) fn text(path: &Path, content: Vec<u8>) -> Result<String, PrepareError> {
    String::from_utf8(content).map_err(|error| PrepareError::Labels {
        path: path.to_owned(),
        problem: format!("not UTF-8 ({error}): copy it again"),
    })
}
