//! The folder of a run: where each file lies.

mod apart;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::TrainError;
use crate::lock::lock_folder;

/// What a run writes into its folder, and what other programs say of it there.
const CONTENTS: [&str; 14] = [
    "config.toml",
    "classes.json",
    "metrics.jsonl",
    "checkpoints",
    "best.safetensors",
    "eval",
    "metrics.csv",
    "trace.json",
    "report.html",
    "thresholds.json",
    "predictions.csv",
    "findings.json",
    "lr-finder.csv",
    "lr-finder.svg",
];

/// What the names of the rest begin with.
const PREFIXES: [&str; 2] = ["events.out.tfevents.", "evaluation-"];

/// What the names of the folders of a cross-validation begin with, before the number.
const FOLD: &str = "fold-";

/// The folder of a run, `--model-dir`.
#[derive(Debug, Clone)]
pub struct ModelFolder(PathBuf);

impl ModelFolder {
    /// Makes the folder if it is missing.
    ///
    /// # Errors
    /// [`TrainError::ModelFolder`] if that is refused, [`TrainError::FolderOfImages`] if it looks like a
    /// data set.
    pub fn open(path: &Path) -> Result<Self, TrainError> {
        let folder = Self(path.to_owned());
        folder.check_is_no_data_set()?;
        fs::create_dir_all(path).map_err(|source| folder.failed(source))?;
        Ok(folder)
    }

    /// The folder as it is, made or not.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The folders that hold the runs below `path`: itself if it holds one, else its `fold-1`, `fold-2` and
    /// so on, which a cross-validation leaves; itself if there are none of either.
    #[must_use]
    pub fn runs_below(path: &Path) -> Vec<PathBuf> {
        let itself = vec![path.to_owned()];
        let is_run = |path: &Path| Self::at(path).config().is_file();
        let folds = (1..).map(|number| path.join(format!("{FOLD}{number}")));
        let folds: Vec<PathBuf> = folds.take_while(|fold| is_run(fold)).collect();
        if is_run(path) || folds.is_empty() { itself } else { folds }
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The recipe in force.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.0.join("config.toml")
    }

    /// The names of the classes.
    #[must_use]
    pub fn classes(&self) -> PathBuf {
        self.0.join("classes.json")
    }

    /// The metrics as JSON lines.
    #[must_use]
    pub fn metrics(&self) -> PathBuf {
        self.0.join("metrics.jsonl")
    }

    /// The metrics as comma-separated values.
    #[must_use]
    pub fn table(&self) -> PathBuf {
        self.0.join("metrics.csv")
    }

    /// The report for people.
    #[must_use]
    pub fn report(&self) -> PathBuf {
        self.0.join("report.html")
    }

    /// The weights of the best evaluation.
    #[must_use]
    pub fn best(&self) -> PathBuf {
        self.0.join("best.safetensors")
    }

    /// Writes the recipe.
    ///
    /// # Errors
    /// [`TrainError::ModelFolder`] if the folder cannot be written.
    pub fn write_config(&self, toml: &str) -> Result<(), TrainError> {
        resnet_files::replace(&self.config(), toml.as_bytes()).map_err(|source| self.failed(source))
    }

    /// Writes where the time went.
    ///
    /// # Errors
    /// [`TrainError::ModelFolder`] if the folder cannot be written.
    pub(crate) fn write_trace(&self, json: &str) -> Result<(), TrainError> {
        let path = self.0.join("trace.json");
        resnet_files::replace(&path, json.as_bytes()).map_err(|source| self.failed(source))
    }

    /// Writes the names of the classes, if there are any.
    ///
    /// # Errors
    /// [`TrainError::ModelFolder`] if the folder cannot be written.
    pub fn write_classes(&self, names: &[String]) -> Result<(), TrainError> {
        if names.is_empty() {
            return Ok(());
        }
        let json = serde_json::to_string_pretty(names).expect("strings") + "\n";
        resnet_files::replace(&self.classes(), json.as_bytes())
            .map_err(|source| self.failed(source))
    }

    /// The names of the classes; none if no run here was told them.
    ///
    /// # Errors
    /// [`TrainError::ClassNames`] if the file cannot be read or holds something else than `count`
    /// names.
    pub fn read_classes(&self, count: usize) -> Result<Option<Vec<String>>, TrainError> {
        let path = self.classes();
        let failed = |problem| TrainError::ClassNames { path: path.clone(), problem };
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error.to_string())),
        };
        let names: Vec<String> =
            serde_json::from_slice(&text).map_err(|error| failed(error.to_string()))?;
        if names.len() != count {
            return Err(failed(format!("{} names for {count} classes", names.len())));
        }
        Ok(Some(names))
    }

    /// Moves an earlier run out of the way, into `previous-1`, `previous-2` and so on, and returns
    /// where it is now; `None` if there was none.
    ///
    /// The folds of a cross-validation go with it.
    ///
    /// # Errors
    /// [`TrainError::ModelFolder`] if something cannot be moved, [`TrainError::InUse`] if a fold is being trained.
    pub fn set_aside(&self) -> Result<Option<PathBuf>, TrainError> {
        let leftovers = self.leftovers().map_err(|source| self.failed(source))?;
        if leftovers.is_empty() {
            return Ok(None);
        }
        self.check_folds(&leftovers)?;
        let target = self.free_name();
        let move_all = || -> io::Result<()> {
            fs::create_dir(&target)?;
            leftovers.iter().try_for_each(|name| fs::rename(self.0.join(name), target.join(name)))
        };
        move_all().map_err(|source| self.failed(source))?;
        Ok(Some(target))
    }

    fn leftovers(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name == "classes.json" && !self.config().exists() {
                // That of a data set: a run's lies beside its recipe.
                continue;
            }
            let is_prefix = |prefix: &&str| name.starts_with(prefix);
            let is_known = CONTENTS.contains(&name.as_str()) || PREFIXES.iter().any(is_prefix);
            if is_known || self.is_fold(&name) {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    /// The folds of a cross-validation among these names are nobody's now.
    fn check_folds(&self, names: &[String]) -> Result<(), TrainError> {
        let mut folds = names.iter().filter(|name| self.is_fold(name));
        folds.try_for_each(|name| lock_folder(&self.0.join(name)).map(drop))
    }

    /// Whether `name` is that of a fold, with a run in it.
    fn is_fold(&self, name: &str) -> bool {
        let number = name.strip_prefix(FOLD).and_then(|number| number.parse::<u32>().ok());
        number.is_some() && Self::at(&self.0.join(name)).config().is_file()
    }

    fn free_name(&self) -> PathBuf {
        (1_u32..)
            .map(|number| self.0.join(format!("previous-{number}")))
            .find(|path| !path.exists())
            .expect("fewer than four billion earlier runs")
    }

    fn failed(&self, source: io::Error) -> TrainError {
        TrainError::ModelFolder { path: self.0.clone(), source }
    }
}
