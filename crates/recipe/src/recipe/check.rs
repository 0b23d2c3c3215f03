//! What makes a value senseless.

use super::{Augment, Data, Ema, LossKind, Recipe, RecipeError, ValidationCrop, ValidationViews};

impl Recipe {
    /// Checks every value.
    ///
    /// # Errors
    /// [`RecipeError::Value`] for the first one that makes no sense.
    pub fn check(&self) -> Result<(), RecipeError> {
        self.model.check()?;
        self.check_sizes()?;
        self.resolution.map_or(Ok(()), |resolution| resolution.check())?;
        self.data.sampler.check()?;
        self.data.crop.check()?;
        self.data.dicom.check()?;
        self.data.augment.iter().try_for_each(Augment::check)?;
        self.optimizer.check()?;
        self.loss.check(self.model.num_classes)?;
        self.check_label_sets()?;
        self.ema.map_or(Ok(()), Ema::check)?;
        self.check_schedule()?;
        let Data { mean, std, .. } = &self.data;
        let finite = mean.iter().all(|mean| mean.is_finite());
        ensure("data.mean", mean, finite, "every channel's mean must be a finite number")?;
        let divides = std.iter().all(|&deviation| positive(f64::from(deviation)));
        ensure(
            "data.std",
            std,
            divides,
            "every channel's deviation must be a finite number above 0",
        )
    }

    fn check_label_sets(&self) -> Result<(), RecipeError> {
        let (sets, classes) = (&self.data.label_sets, self.model.num_classes);
        let unknown = &self.data.unknown_labels;
        let as_many = unknown.is_empty() || unknown.len() == sets.len();
        let for_each = "must have an entry for each of data.label_sets";
        ensure("data.unknown_labels", format!("{unknown:?}"), as_many, for_each)?;
        if sets.is_empty() {
            return Ok(());
        }
        let one_each = "must name classes below model.num_classes";
        for (key, sets) in [("data.label_sets", sets), ("data.unknown_labels", unknown)] {
            let known = sets.iter().flatten().all(|&class| class < classes);
            ensure(key, format!("{sets:?}"), known, one_each)?;
        }
        let overlap = |(set, unknown): (&Vec<usize>, &Vec<usize>)| {
            unknown.iter().any(|class| set.contains(class))
        };
        let apart = !sets.iter().zip(unknown).any(overlap);
        let either = "must not name what data.label_sets says is true";
        ensure("data.unknown_labels", format!("{unknown:?}"), apart, either)?;
        let kind = self.loss.kind;
        let binary = kind == LossKind::BinaryCrossEntropy;
        let with_sets = "must be binary-cross-entropy, because data.label_sets is given";
        ensure("loss.kind", format!("{kind:?}"), binary, with_sets)?;
        let countless = !self.loss.class_weights.need_counts();
        let by_list = "must be equal or a list, because data.label_sets is given";
        ensure("loss.class_weights", "by counts", countless, by_list)
    }

    fn check_sizes(&self) -> Result<(), RecipeError> {
        let Self { data, train, .. } = self;
        let positive = "must be at least 1";
        ensure("data.image_size", data.image_size, data.image_size > 0, positive)?;
        let side = data.validation_side();
        ensure("data.validation_size", side, side > 0, positive)?;
        ensure(
            "data.validation_resize",
            data.validation_resize,
            data.validation_resize >= data.validation_side(),
            "must not be smaller than the validation images (data.validation_size, else data.image_size), or \
             the centre crop does not fit",
        )?;
        let has_corners = data.validation_crop == ValidationCrop::ResizeCenterCrop;
        ensure(
            "data.validation_views",
            data.validation_views,
            has_corners || data.validation_views != ValidationViews::TenCrop,
            "must be single or flip, because data.validation_crop is not resize-center-crop",
        )?;
        let countable = (1..=MOST_EPOCHS).contains(&train.epochs);
        ensure("train.epochs", train.epochs, countable, "must be from 1 to 1000000")?;
        ensure("train.batch_size", train.batch_size, train.batch_size > 0, positive)?;
        let between = train.epochs_between_evals;
        ensure("train.epochs_between_evals", between, between > 0, positive)?;
        let fits = i64::try_from(train.seed).is_ok();
        ensure("train.seed", train.seed, fits, "must be below 2^63, the greatest number of TOML")
    }
}

/// Steps are counted with 64 bits, and a list of sizes goes over all epochs.
const MOST_EPOCHS: u64 = 1_000_000;

pub(super) const FRACTION: &str = "must be at least 0 and below 1";
pub(super) const NATURAL: &str = "must be a finite number of at least 0";
pub(super) const POSITIVE: &str = "must be a finite number above 0";

pub(super) fn in_unit(value: f64) -> bool {
    (0.0..1.0).contains(&value)
}

pub(super) fn natural(value: f64) -> bool {
    value.is_finite() && value >= 0.0
}

pub(super) fn positive(value: f64) -> bool {
    value.is_finite() && value > 0.0
}

pub(super) fn ensure(
    key: &'static str,
    value: impl std::fmt::Debug,
    holds: bool,
    reason: &'static str,
) -> Result<(), RecipeError> {
    if holds {
        Ok(())
    } else {
        Err(RecipeError::Value { key, value: format!("{value:?}"), reason })
    }
}
