//! Which recipes can continue a run.

use super::Recipe;

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
        let (was, is) = (&saved.model, &self.model);
        compare("model.name", was.name.clone(), is.name.clone());
        compare("model.stem", format!("{:?}", was.stem), format!("{:?}", is.stem));
        compare("model.num_classes", was.num_classes.to_string(), is.num_classes.to_string());
        let (was, is) = (saved.data.channels, self.data.channels);
        compare("data.channels", format!("{was:?}"), format!("{is:?}"));
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
