//! Which recipes can continue a run.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::{Model, Recipe};

/// Keys of `[model]` that may change between runs: the network stays the same.
const FREE: [&str; 6] = [
    "zero_init_gamma",
    "stochastic_depth",
    "dropout",
    "sync_batch_norm",
    "freeze_until",
    "unfreeze_every",
];

impl Recipe {
    /// What keeps a run of `self` from continuing a run of `saved`: the keys whose change would
    /// make the step number mean something else. Everything else may change between runs.
    #[must_use]
    pub fn resume_conflicts(&self, saved: &Self) -> Vec<String> {
        let mut conflicts = Vec::new();
        let mut compare = |key: &str, saved: String, now: String| {
            if saved != now {
                conflicts.push(format!("{key} was {saved} and is now {now}"));
            }
        };
        let [was, is] = [&saved.model, &self.model].map(architecture);
        for key in was.keys().chain(is.keys()).collect::<BTreeSet<_>>() {
            let value = |of: &Table| of.get(key).map_or("as named".to_owned(), in_words);
            compare(&format!("model.{key}"), value(&was), value(&is));
        }
        let (was, is) = (saved.data.channels, self.data.channels);
        compare("data.channels", format!("{was:?}"), format!("{is:?}"));
        let [was, is] = [saved, self].map(|recipe| recipe.data.sampler.times());
        compare("data.sampler.repeated.times", was.to_string(), is.to_string());
        let (was, is) = (&saved.data.label_sets, &self.data.label_sets);
        compare("data.label_sets", format!("{was:?}"), format!("{is:?}"));
        let (was, is) = (&saved.data.unknown_labels, &self.data.unknown_labels);
        compare("data.unknown_labels", format!("{was:?}"), format!("{is:?}"));
        let (was, is) = (&saved.train, &self.train);
        compare("train.batch_size", was.batch_size.to_string(), is.batch_size.to_string());
        compare("train.seed", was.seed.to_string(), is.seed.to_string());
        conflicts
    }
}

/// The keys that describe the network.
fn architecture(model: &Model) -> Table {
    let mut table = Table::try_from(model).expect("a model has only plain keys");
    table.retain(|key, _| !FREE.contains(&key));
    table
}

/// As a person would say it: a text without its quotation marks.
fn in_words(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
