//! The output folder: one writer at a time, whole files only, and what an earlier run has done.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use resnet_files::{FileLock, Holder, replace_by_way_of, sync_folder};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::PrepareError;
use super::plan::Plan;
use super::report::{DatasetReport, ShardReport};

/// What was prepared; its presence says that everything is there.
const DATASET: &str = "dataset.json";
/// The names of the classes.
pub(super) const CLASSES: &str = "classes.json";
/// A folder for everything unfinished.
const WORK: &str = ".prepare";
/// In [`WORK`]: what an unfinished run is making.
const PLAN: &str = "plan.json";

/// An output folder that no other process writes into.
///
/// In `.prepare/` lie the plan, the report of each finished shard, and files that are not whole yet. A
/// shard is finished when its report and its file are both there, in that order, so that being
/// killed between any two steps loses one shard at most.
pub(super) struct Folder {
    out: PathBuf,
    work: PathBuf,
    /// Held until it is dropped; the system lets it go when a process dies.
    _lock: FileLock,
}

impl Folder {
    /// Creates the folder if need be, and locks it.
    pub(super) fn open(out: &Path) -> Result<Self, PrepareError> {
        let work = out.join(WORK);
        fs::create_dir_all(&work).map_err(PrepareError::io("create", &work))?;
        let lock = work.join("lock");
        let lock = FileLock::try_take(&lock).map_err(PrepareError::io("lock", lock))?;
        let locked = |holder: Holder| PrepareError::Locked {
            path: out.to_owned(),
            owner: holder.to_string(),
        };
        let lock = lock.map_err(locked)?;
        Ok(Self { out: out.to_owned(), work, _lock: lock })
    }

    /// The finished shards of an earlier run with the same plan, by name.
    pub(super) fn begin(&self, plan: &Plan) -> Result<BTreeMap<String, ShardReport>, PrepareError> {
        self.remove_unfinished()?;
        let known = match (self.load::<DatasetReport>(&self.out.join(DATASET))?, self.plan()?) {
            (Some(dataset), _) => {
                self.check_plan(plan, &dataset.plan)?;
                self.reopen(&dataset)?
            }
            (None, Some(earlier)) => {
                self.check_plan(plan, &earlier)?;
                self.shard_reports()?
            }
            (None, None) => {
                self.refuse_other_data()?;
                self.save(&self.work.join(PLAN), plan)?;
                Vec::new()
            }
        };
        let whole = known.into_iter().filter(|shard| self.has(shard));
        Ok(whole.map(|shard| (shard.name.clone(), shard)).collect())
    }

    /// The file that a shard is written to before it is whole.
    pub(super) fn unfinished(&self, name: &str) -> PathBuf {
        self.work.join(format!("{name}.part"))
    }

    /// Gives a whole shard its name. Its report comes first: a shard without one is made again.
    pub(super) fn publish(&self, shard: &ShardReport) -> Result<(), PrepareError> {
        self.save(&self.report_path(&shard.name), shard)?;
        let (from, to) = (self.unfinished(&shard.name), self.out.join(&shard.name));
        fs::rename(&from, &to).map_err(PrepareError::io("create", to))?;
        sync_folder(&self.out).map_err(PrepareError::io("sync", &self.out))
    }

    /// Writes a JSON file of the data set, whole or not at all.
    pub(super) fn save_paper(
        &self,
        name: &str,
        content: &impl Serialize,
    ) -> Result<(), PrepareError> {
        self.save(&self.out.join(name), content)
    }

    /// Says that everything is there, and removes what was only needed until then.
    pub(super) fn finish(&self, dataset: &DatasetReport) -> Result<(), PrepareError> {
        self.save_paper(DATASET, dataset)?;
        for shard in dataset.train.shards.iter().chain(&dataset.validation.shards) {
            remove(&self.report_path(&shard.name))?;
        }
        remove(&self.work.join(PLAN))
    }

    fn plan(&self) -> Result<Option<Plan>, PrepareError> {
        self.load(&self.work.join(PLAN))
    }

    fn report_path(&self, shard: &str) -> PathBuf {
        self.work.join(format!("{shard}.json"))
    }

    fn check_plan(&self, plan: &Plan, earlier: &Plan) -> Result<(), PrepareError> {
        match plan.difference(earlier) {
            None => Ok(()),
            Some(difference) => Err(PrepareError::OtherOutput {
                path: self.out.clone(),
                found: format!("shards of another data set or with other options: {difference}"),
            }),
        }
    }

    /// The shards of a finished data set. If some of their files are gone, it is finished no longer.
    fn reopen(&self, dataset: &DatasetReport) -> Result<Vec<ShardReport>, PrepareError> {
        let shards = dataset.train.shards.iter().chain(&dataset.validation.shards);
        let shards: Vec<ShardReport> = shards.cloned().collect();
        if !shards.iter().all(|shard| self.has(shard)) {
            for shard in &shards {
                self.save(&self.report_path(&shard.name), shard)?;
            }
            self.save(&self.work.join(PLAN), &dataset.plan)?;
            remove(&self.out.join(DATASET))?;
        }
        Ok(shards)
    }

    /// The reports of shards that an unfinished run has left.
    fn shard_reports(&self) -> Result<Vec<ShardReport>, PrepareError> {
        let mut reports = Vec::new();
        for name in names(&self.work)? {
            if name.ends_with(".json") && name != PLAN {
                reports.extend(self.load::<ShardReport>(&self.work.join(name))?);
            }
        }
        Ok(reports)
    }

    /// Whether a shard's file is there. It is whole if it is there; its length is compared to find
    /// copies that are not.
    fn has(&self, shard: &ShardReport) -> bool {
        let path = self.out.join(&shard.name);
        path.metadata().is_ok_and(|file| file.is_file() && file.len() == shard.bytes)
    }

    /// Nothing is written over that another data set has.
    fn refuse_other_data(&self) -> Result<(), PrepareError> {
        let is_of_data = |name: &String| name.contains("-of-") || name == CLASSES;
        match names(&self.out)?.into_iter().find(is_of_data) {
            None => Ok(()),
            Some(name) => Err(PrepareError::OtherOutput {
                path: self.out.clone(),
                found: format!("{name}, of which nothing says how it was made"),
            }),
        }
    }

    fn remove_unfinished(&self) -> Result<(), PrepareError> {
        for name in names(&self.work)? {
            if name.ends_with(".part") {
                remove(&self.work.join(name))?;
            }
        }
        Ok(())
    }

    fn load<T: DeserializeOwned>(&self, path: &Path) -> Result<Option<T>, PrepareError> {
        if !path.is_file() {
            return Ok(None);
        }
        let content = fs::read(path).map_err(PrepareError::io("read", path))?;
        let parsed = serde_json::from_slice(&content);
        parsed.map(Some).map_err(|error| PrepareError::OtherOutput {
            path: self.out.clone(),
            found: format!("{}, which is not what was written ({error})", path.display()),
        })
    }

    fn save(&self, path: &Path, content: &impl Serialize) -> Result<(), PrepareError> {
        let write = || {
            let mut text = serde_json::to_vec_pretty(content)?;
            text.push(b'\n');
            replace_by_way_of(&self.work, path, &text)
        };
        write().map_err(PrepareError::io("write", path))
    }
}

/// Names in a folder, sorted.
fn names(folder: &Path) -> Result<Vec<String>, PrepareError> {
    let failed = |error| PrepareError::io("list", folder)(error);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        names.push(entry.map_err(failed)?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Removes a file that may be gone already.
pub(super) fn remove(path: &Path) -> Result<(), PrepareError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(PrepareError::io("remove", path)(error))
        }
        _ => Ok(()),
    }
}
