//! Which splits stay as they are, and how the images of the others are divided.

use anyhow::{Result, bail, ensure};
use resnet::data::Dataset;
use resnet::data::stratify::Fractions;

/// What is divided where nothing is said.
const USUAL: [(&str, f64); 3] = [("train", 0.8), ("validation", 0.1), ("test", 0.1)];

/// How a data set is divided.
pub(crate) struct Division {
    kept: Vec<String>,
    pub(crate) fractions: Fractions,
}

impl Division {
    /// The splits `keep` of the data set stay; without `fractions` the others get the usual ones, in the
    /// same proportions.
    pub(crate) fn of(
        dataset: &Dataset,
        keep: &[String],
        fractions: Option<&Fractions>,
    ) -> Result<Self> {
        let kept = keep.iter().map(|name| known(dataset, name)).collect::<Result<Vec<_>>>()?;
        let stays = |name: &str| kept.iter().any(|kept| kept == usual(dataset, name));
        ensure!(
            !dataset.splits().into_iter().all(stays),
            "--keep names every split: nothing is left to divide"
        );
        let fractions = match fractions {
            Some(fractions) => fractions.clone(),
            None => rest_of_usual(stays)?,
        };
        if let Some((name, _)) = fractions.iter().find(|(name, _)| stays(name)) {
            bail!("the split {name} stays by --keep: leave it out of --fractions");
        }
        Ok(Self { kept, fractions })
    }

    pub(crate) fn keeps(&self, split: &str) -> bool {
        self.kept.iter().any(|kept| kept == split)
    }

    /// The names of all splits of the result.
    pub(crate) fn splits(&self) -> Vec<&str> {
        let kept = self.kept.iter().map(String::as_str);
        self.fractions.iter().map(|(name, _)| name).chain(kept).collect()
    }
}

/// The name of a split as the data set has it.
fn known(dataset: &Dataset, name: &str) -> Result<String> {
    match dataset.split_name(name) {
        Some(known) => Ok(known.to_owned()),
        None => bail!("--keep {name}: the splits are {}", dataset.splits().join(", ")),
    }
}

fn usual<'a>(dataset: &'a Dataset, name: &'a str) -> &'a str {
    dataset.split_name(name).unwrap_or(name)
}

fn rest_of_usual(stays: impl Fn(&str) -> bool) -> Result<Fractions> {
    let rest: Vec<(&str, f64)> = USUAL.into_iter().filter(|(name, _)| !stays(name)).collect();
    let whole: f64 = rest.iter().map(|(_, share)| share).sum();
    let shares = rest.iter().map(|(name, share)| ((*name).to_owned(), share / whole));
    Ok(Fractions::new(shares.collect())?)
}
