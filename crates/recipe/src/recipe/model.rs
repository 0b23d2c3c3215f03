//! `[model]`: the network.

use serde::{Deserialize, Serialize};

use super::check::{FRACTION, ensure, in_unit};
use super::{Recipe, RecipeError};

/// The network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Any name of the zoo, such as `resnet50d`; or `resnet8`, `resnet20`, `resnet32`, `resnet44`,
    /// `resnet56` and `resnet110` for small images.
    pub name: String,
    /// How pixels enter the network.
    #[serde(default)]
    pub stem: StemKind,
    /// Classes to tell apart.
    pub num_classes: usize,
    /// Start the last normalisation of every block at zero.
    #[serde(default)]
    pub zero_init_gamma: bool,
    /// Probability that the last block's main path is left out in training; it rises linearly from
    /// zero at the first block ([Huang et al. 2016](https://arxiv.org/abs/1603.09382)).
    #[serde(default)]
    pub stochastic_depth: f64,
    /// Probability that a feature is left out in training, before the classifier.
    #[serde(default)]
    pub dropout: f64,
    /// Take BatchNorm's statistics from the batch of all ranks instead of from each rank's part; where one
    /// device trains alone it makes no difference.
    #[serde(default)]
    pub sync_batch_norm: bool,
    /// What stays as it is at first: the stem and everything up to this stage, BatchNorm's statistics
    /// included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freeze_until: Option<FreezeUntil>,
    /// Epochs after which one stage more begins to learn, from the classifier down to the stem
    /// ([Howard and Ruder 2018](https://arxiv.org/abs/1801.06146)); if absent, what is frozen stays
    /// frozen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unfreeze_every: Option<u64>,
}

/// How pixels enter the network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StemKind {
    /// As the named network has it.
    #[default]
    AsNamed,
    /// 7×7 convolution and pooling, for images around 224 px.
    Imagenet,
    /// One 3×3 convolution, for images around 32 px.
    Small,
}

/// The last part of a network that stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FreezeUntil {
    /// What comes before the stages.
    Stem,
    /// The first stage.
    Layer1,
    /// The second.
    Layer2,
    /// The third.
    Layer3,
    /// The fourth: the classifier alone learns.
    Layer4,
}

impl Model {
    /// The network `name` for `num_classes` classes, nothing else about it changed.
    #[must_use]
    pub fn named(name: impl Into<String>, num_classes: usize) -> Self {
        Self {
            name: name.into(),
            stem: StemKind::AsNamed,
            num_classes,
            zero_init_gamma: false,
            stochastic_depth: 0.0,
            dropout: 0.0,
            sync_batch_norm: false,
            freeze_until: None,
            unfreeze_every: None,
        }
    }

    pub(super) fn check(&self) -> Result<(), RecipeError> {
        let positive = "must be at least 1";
        ensure("model.num_classes", self.num_classes, self.num_classes > 0, positive)?;
        for (key, rate) in
            [("model.stochastic_depth", self.stochastic_depth), ("model.dropout", self.dropout)]
        {
            ensure(key, rate, in_unit(rate), FRACTION)?;
        }
        let Some(every) = self.unfreeze_every else { return Ok(()) };
        ensure("model.unfreeze_every", every, every > 0, positive)?;
        ensure(
            "model.unfreeze_every",
            every,
            self.freeze_until.is_some(),
            "nothing is frozen: set model.freeze_until too, or leave this out",
        )
    }
}

impl Recipe {
    /// Parts of the network, counted from the stem, that stay as they are in `epoch` (from 0): 0 to 5
    /// of stem, four stages and classifier.
    ///
    /// ```
    /// use resnet_recipe::{FreezeUntil, presets};
    ///
    /// let mut recipe = presets::tutorial();
    /// recipe.model.freeze_until = Some(FreezeUntil::Layer2);
    /// recipe.model.unfreeze_every = Some(2);
    /// assert_eq!([0, 1, 2, 4, 6, 90].map(|epoch| recipe.frozen_parts(epoch)), [3, 3, 2, 1, 0, 0]);
    /// ```
    #[must_use]
    pub fn frozen_parts(&self, epoch: u64) -> usize {
        let at_first = self.model.freeze_until.map_or(0, |last| last as usize + 1);
        let freed = self.model.unfreeze_every.map_or(0, |every| epoch / every.max(1));
        at_first.saturating_sub(usize::try_from(freed).unwrap_or(usize::MAX))
    }
}
