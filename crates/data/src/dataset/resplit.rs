//! Other splits of the same images.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::error::DatasetError;
use super::{Dataset, Splits};
use crate::joined::Joined;
use crate::source::Source;
use crate::split_name;
use crate::stratify::{Fractions, Item, stratify};
use crate::subset::Subset;

impl Dataset {
    /// Cuts the images of the splits `from` anew, stratified and with whole groups
    /// ([`stratify`](mod@crate::stratify)); the other splits stay as they are. The result depends on the seed and
    /// the names of the images below [`root`](Self::root), not on where that lies.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # for n in 0..20 {
    /// #     let path = dir.path().join(["cat", "dog"][n % 2]).join(format!("{n}.jpg"));
    /// #     std::fs::create_dir_all(path.parent().unwrap())?;
    /// #     std::fs::write(path, "")?;
    /// # }
    /// use resnet_data::{Dataset, DatasetOptions, Source};
    ///
    /// let pets = Dataset::open(dir.path(), &DatasetOptions::default())?;
    /// let pets = pets.resplit(&["all"], &"train=0.8,test=0.2".parse()?, 7)?;
    /// assert_eq!(pets.splits(), ["train", "test"]);
    /// assert_eq!(pets.split("test").unwrap().len(), 4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such split, a new one has the name of one that stays or gets no image, or a label
    /// cannot be read.
    pub fn resplit(
        &self,
        from: &[&str],
        fractions: &Fractions,
        seed: u64,
    ) -> Result<Self, DatasetError> {
        let pool = self.pool(from)?;
        let split_of = self.assign(&*pool, fractions, seed)?;
        let parts = fractions.iter().enumerate().map(|(place, (name, _))| {
            let name = split_name::usual(name);
            (name.to_owned(), part(&pool, name, &split_of, |split| split == place))
        });
        let stays = |(name, _): &&(String, _)| !is_among(from, name);
        let splits = self.splits.iter().filter(stays).cloned().chain(parts).collect();
        self.with_splits(splits)
    }

    /// The images of the splits `from` for cross-validation: in each of the `count` results another
    /// `count`-th of them is the split `test`, the next one `validation`, the rest `train`. Each image
    /// is in `test` once.
    ///
    /// # Errors
    ///
    /// If there are fewer than 3 folds, no such split, a fold gets no image, or a label cannot be read.
    pub fn folds(&self, from: &[&str], count: usize, seed: u64) -> Result<Vec<Self>, DatasetError> {
        if count < 3 {
            let problem = format!("{count} folds: it takes 3, to train, to validate and to test");
            return Err(DatasetError::content(&self.root, problem));
        }
        let pool = self.pool(from)?;
        let equal = (0..count).map(|fold| (format!("fold{fold}"), 1.0 / count as f64)).collect();
        let fractions = Fractions::new(equal)
            .map_err(|error| DatasetError::content(&self.root, error.to_string()))?;
        let fold_of = self.assign(&*pool, &fractions, seed)?;
        let with_test = |test: usize| {
            let validation = (test + 1) % count;
            let splits = vec![
                ("test".to_owned(), part(&pool, "test", &fold_of, |fold| fold == test)),
                (
                    "validation".to_owned(),
                    part(&pool, "validation", &fold_of, |fold| fold == validation),
                ),
                (
                    "train".to_owned(),
                    part(&pool, "train", &fold_of, |fold| fold != test && fold != validation),
                ),
            ];
            self.with_splits(splits)
        };
        (0..count).map(with_test).collect()
    }

    /// These in place of the splits that there are.
    fn with_splits(&self, splits: Splits) -> Result<Self, DatasetError> {
        let (left_out, labels) = (self.left_out.clone(), self.labels.clone());
        let divided = Self::new(&self.root, self.layout, self.classes.clone(), splits)?;
        Ok(Self { left_out, labels, ..divided })
    }

    /// All images of some splits as one.
    fn pool(&self, from: &[&str]) -> Result<Arc<dyn Source>, DatasetError> {
        let unknown = |name: &&str| {
            let problem = format!("no split {name}: there are {}", self.splits().join(", "));
            DatasetError::content(&self.root, problem)
        };
        // In the order of the data set, and each once.
        let known = |name: &&str| self.split(name).map(|_| ()).ok_or_else(|| unknown(name));
        from.iter().try_for_each(known)?;
        let chosen = self.splits.iter().filter(|(name, _)| is_among(from, name));
        let mut sources: Vec<_> = chosen.map(|(_, source)| Arc::clone(source)).collect();
        Ok(match sources.len() {
            1 => sources.remove(0),
            _ => Arc::new(Joined::new(sources)),
        })
    }

    /// The place among the fractions of each image of the pool.
    fn assign(
        &self,
        pool: &dyn Source,
        fractions: &Fractions,
        seed: u64,
    ) -> Result<Vec<usize>, DatasetError> {
        let names: Vec<String> = (0..pool.len()).map(|index| self.name_of(pool, index)).collect();
        let item = |(index, name)| -> Result<Item<'_>, DatasetError> {
            Ok(Item { name, label: pool.label(index)?, group: pool.group(index) })
        };
        let items = names.iter().map(String::as_str).enumerate().map(item);
        let items: Vec<Item<'_>> = items.collect::<Result<_, _>>()?;
        Ok(stratify(&items, fractions, seed).split_of)
    }

    /// What an image is called wherever the data set lies.
    fn name_of(&self, pool: &dyn Source, index: usize) -> String {
        let root = if self.root.is_dir() { Some(&*self.root) } else { self.root.parent() };
        let place = pool.place(index);
        let below = root.and_then(|root| place.strip_prefix(&*root.to_string_lossy()));
        below.unwrap_or(&place).trim_start_matches(['/', '\\']).replace('\\', "/")
    }
}

fn is_among(names: &[&str], split: &str) -> bool {
    let names: BTreeSet<&str> = names.iter().map(|name| split_name::usual(name)).collect();
    names.contains(split)
}

fn part(
    pool: &Arc<dyn Source>,
    name: &str,
    split_of: &[usize],
    wanted: impl Fn(usize) -> bool,
) -> Arc<dyn Source> {
    let chosen = split_of.iter().enumerate().filter(|(_, split)| wanted(**split));
    let indices = chosen.map(|(index, _)| index).collect();
    Arc::new(Subset::new(Arc::clone(pool), name, indices))
}
