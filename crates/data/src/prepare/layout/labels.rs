//! Which validation image is of which class, and what classes are called.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use super::devkit::{self, Devkit};
use super::{Class, class_number, missing};
use crate::lines::one_a_line;
use crate::prepare::error::PrepareError;

/// One synset a line, in the order of the images' names.
const SYNSETS: &str = "synset_labels.txt";
/// Kaggle: `ImageId,PredictionString`, the string being a synset and boxes.
const SOLUTION: &str = "LOC_val_solution.csv";
/// Kaggle: a synset and its words on a line.
const MAPPING: &str = "LOC_synset_mapping.txt";

/// The labels of the validation images.
pub(super) struct ValidationLabels {
    /// The file they come from.
    pub(super) path: PathBuf,
    synsets: Synsets,
}

enum Synsets {
    /// In the order of the images' sorted names.
    InOrder(Vec<String>),
    /// By the name of the image without its extension.
    ByName(HashMap<String, String>),
}

impl ValidationLabels {
    /// Looks for the kinds of label files in these folders.
    pub(super) fn find(folders: &[PathBuf]) -> Result<Self, PrepareError> {
        if let Some((path, text)) = read_first(folders, SYNSETS)? {
            return match one_a_line(&text) {
                Ok(synsets) => Ok(Self { path, synsets: Synsets::InOrder(synsets) }),
                Err(problem) => Err(PrepareError::Labels { path, problem }),
            };
        }
        if let Some((path, text)) = read_first(folders, SOLUTION)? {
            let synsets = Synsets::ByName(solution(&path, &text)?);
            return Ok(Self { path, synsets });
        }
        if let Some(devkit) = Devkit::find(folders)? {
            let (path, synsets) = devkit.validation()?;
            return Ok(Self { path, synsets: Synsets::InOrder(synsets) });
        }
        Err(missing(
            &folders[0],
            "labels of the validation images (synset_labels.txt, LOC_val_solution.csv, \
             ILSVRC2012_devkit_t12 or ILSVRC2012_devkit_t12.tar.gz)",
            "Copy one of them there; ImageNet's download page has the development kit",
        ))
    }

    /// The classes of images with these names, which are sorted.
    pub(super) fn of(&self, names: &[String], classes: &[Class]) -> Result<Vec<u32>, PrepareError> {
        let (count, images) = (self.len(), names.len());
        if count != images {
            return Err(self.wrong(format!(
                "{count} labels for {images} validation images: copy the file and the images again"
            )));
        }
        let label = |(number, name): (usize, &String)| {
            let synset = self.synset(number, name)?;
            class_number(classes, synset).ok_or_else(|| {
                let line = number + 1;
                self.wrong(format!(
                    "{name} (label {line}) has the unknown synset {synset:?}: there are no training \
                     images of it"
                ))
            })
        };
        names.iter().enumerate().map(label).collect()
    }

    fn len(&self) -> usize {
        match &self.synsets {
            Synsets::InOrder(synsets) => synsets.len(),
            Synsets::ByName(synsets) => synsets.len(),
        }
    }

    fn synset(&self, number: usize, name: &str) -> Result<&str, PrepareError> {
        let stem = name.split('.').next().unwrap_or(name);
        let synset = match &self.synsets {
            Synsets::InOrder(synsets) => synsets.get(number),
            Synsets::ByName(synsets) => synsets.get(stem),
        };
        let synset = synset.map(String::as_str);
        synset.ok_or_else(|| self.wrong(format!("no line for the image {name}")))
    }

    fn wrong(&self, problem: String) -> PrepareError {
        PrepareError::Labels { path: self.path.clone(), problem }
    }
}

/// The lines of Kaggle's solution.
fn solution(path: &Path, text: &str) -> Result<HashMap<String, String>, PrepareError> {
    let mut synsets = HashMap::new();
    for (number, line) in text.lines().enumerate().skip(1).filter(|(_, line)| !line.is_empty()) {
        let fields = line.split_once(',');
        let fields = fields.and_then(|(id, text)| Some((id, text.split_whitespace().next()?)));
        let problem = match fields {
            Some((id, synset)) if synsets.insert(id.to_owned(), synset.to_owned()).is_none() => {
                continue;
            }
            Some((id, _)) => format!("line {}: {id} is there twice", number + 1),
            None => format!("line {}: not IMAGE,SYNSET …: {line:?}", number + 1),
        };
        return Err(PrepareError::Labels { path: path.to_owned(), problem });
    }
    Ok(synsets)
}

/// All classes by synset, with their words; empty if no list of them is there.
pub(super) fn class_names(folders: &[PathBuf]) -> Result<BTreeMap<String, String>, PrepareError> {
    if let Some((_, text)) = read_first(folders, MAPPING)? {
        let entry = |line: &str| {
            let (synset, words) = line.split_once(' ').unwrap_or((line, line));
            (synset.to_owned(), words.trim().to_owned())
        };
        return Ok(text.lines().filter(|line| !line.is_empty()).map(entry).collect());
    }
    match Devkit::find(folders)? {
        Some(devkit) => devkit.class_names(),
        None => Ok(BTreeMap::new()),
    }
}

/// The first of the folders' files of this name.
fn read_first(folders: &[PathBuf], name: &str) -> Result<Option<(PathBuf, String)>, PrepareError> {
    let Some(path) = folders.iter().map(|f| f.join(name)).find(|path| path.is_file()) else {
        return Ok(None);
    };
    let text = devkit::text(&path, std::fs::read(&path).map_err(PrepareError::io("read", &path))?)?;
    Ok(Some((path, text)))
}
