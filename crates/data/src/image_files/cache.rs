//! The names in class folders, kept in a file.
//!
//! The first line is [`HEADER`]; then for each class a line `TIME COUNT CLASS` and its names, one a line.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::ImageFilesError;

const HEADER: &str = "resnet-data listing 1";

/// A folder that changed this short a time ago may change again within the clock's tick, and look as
/// if it had not.
const TRUSTED_AFTER: Duration = Duration::from_secs(2);

/// Names by class.
#[derive(Default)]
pub(super) struct Cache {
    classes: BTreeMap<String, Names>,
    changed: bool,
}

struct Names {
    /// When the folder changed last, in nanoseconds; 0 if that is not to be trusted.
    time: u128,
    names: Vec<String>,
}

impl Cache {
    /// Reads a cache; one that is not understood counts as empty.
    pub(super) fn load(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        Self { classes: parse(&text).unwrap_or_default(), changed: false }
    }

    /// The names in a class folder, from `list` if the folder has changed.
    pub(super) fn names(
        &mut self,
        class: &str,
        path: &Path,
        list: impl FnOnce() -> Result<Vec<String>, ImageFilesError>,
    ) -> Result<Vec<String>, ImageFilesError> {
        let time = modified(path)?;
        if let Some(known) = self.classes.get(class).filter(|known| known.time == time && time > 0)
        {
            return Ok(known.names.clone());
        }
        let names = list()?;
        self.changed = true;
        self.classes.insert(class.to_owned(), Names { time, names: names.clone() });
        Ok(names)
    }

    /// Writes the cache, whole or not at all, if anything has changed.
    pub(super) fn save(mut self, path: &Path, classes: &[String]) -> Result<(), ImageFilesError> {
        let before = self.classes.len();
        self.classes.retain(|class, _| classes.binary_search(class).is_ok());
        if !self.changed && self.classes.len() == before {
            return Ok(());
        }
        let written = resnet_files::replace(path, self.text().as_bytes());
        written.map_err(ImageFilesError::io("write", path))
    }

    fn text(&self) -> String {
        let mut text = format!("{HEADER}\n");
        for (class, Names { time, names }) in &self.classes {
            // A name of two lines cannot be kept; its folder is listed each time.
            if names.iter().chain([class]).any(|name| name.contains('\n')) {
                continue;
            }
            writeln!(text, "{time} {} {class}", names.len()).expect("a String takes any text");
            for name in names {
                text.push_str(name);
                text.push('\n');
            }
        }
        text
    }
}

fn parse(text: &str) -> Option<BTreeMap<String, Names>> {
    let mut lines = text.lines();
    let mut classes = BTreeMap::new();
    if lines.next()? != HEADER {
        return None;
    }
    while let Some(line) = lines.next() {
        let mut fields = line.splitn(3, ' ');
        let (time, count) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        let names: Vec<String> = lines.by_ref().take(count).map(str::to_owned).collect();
        if names.len() != count {
            return None;
        }
        classes.insert(fields.next()?.to_owned(), Names { time, names });
    }
    Some(classes)
}

fn modified(path: &Path) -> Result<u128, ImageFilesError> {
    let time = path.metadata().and_then(|folder| folder.modified());
    let time = time.map_err(ImageFilesError::io("look at", path))?;
    let old = SystemTime::now().duration_since(time).is_ok_and(|age| age > TRUSTED_AFTER);
    let since = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    Ok(if old { since } else { 0 })
}
