//! `[model]`: the network, and what of it learns.

use serde::{Deserialize, Serialize};

use super::architecture::{
    Activation, AntiAlias, Attention, Block, Norm, Pooling, Shortcut, StemKind, StemPool, Version,
};
use super::check::{FRACTION, ensure, in_unit};
use super::{Recipe, RecipeError};

/// More would be a slip of the hand.
const MOST_CHANNELS: usize = 8192;
const MOST_BLOCKS: usize = 512;

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
    /// Order of operations within a block; this and the next keys, where they are absent, are as the
    /// named network has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// Kind of residual block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<Block>,
    /// Residual blocks of each stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocks: Option<Vec<usize>>,
    /// Width of the first stage's blocks; doubled from stage to stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<usize>,
    /// Groups of a bottleneck's 3×3 convolution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<usize>,
    /// Channels of each of these groups, of 64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_width: Option<usize>,
    /// Channels after the stem.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stem_width: Option<usize>,
    /// What halves the size after the stem's convolutions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stem_pool: Option<StemPool>,
    /// Projection of shortcuts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shortcut: Option<Shortcut>,
    /// Channel attention of every block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attention: Option<Attention>,
    /// What takes over the stride of 3×3 convolutions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anti_alias: Option<AntiAlias>,
    /// Normalisation of every layer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub norm: Option<Norm>,
    /// Activation of every layer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation: Option<Activation>,
    /// How the last feature map becomes one vector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pooling: Option<Pooling>,
    /// Input pixels to one pixel of the last feature map, along an axis: 8, 16 or 32.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_stride: Option<usize>,
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
            version: None,
            block: None,
            blocks: None,
            width: None,
            groups: None,
            base_width: None,
            stem_width: None,
            stem_pool: None,
            shortcut: None,
            attention: None,
            anti_alias: None,
            norm: None,
            activation: None,
            pooling: None,
            output_stride: None,
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
        self.check_architecture()?;
        let Some(every) = self.unfreeze_every else { return Ok(()) };
        ensure("model.unfreeze_every", every, every > 0, positive)?;
        ensure(
            "model.unfreeze_every",
            every,
            self.freeze_until.is_some(),
            "nothing is frozen: set model.freeze_until too, or leave this out",
        )?;
        ensure(
            "model.unfreeze_every",
            every,
            self.norm != Some(Norm::FrozenBatch),
            "would unfreeze what model.norm = frozen-batch freezes: leave one of the two out",
        )
    }

    /// What can be said of the options without the named network; the others are judged together.
    fn check_architecture(&self) -> Result<(), RecipeError> {
        let sizes = [
            ("model.width", self.width),
            ("model.groups", self.groups),
            ("model.base_width", self.base_width),
            ("model.stem_width", self.stem_width),
        ];
        for (key, size) in sizes {
            let Some(size) = size else { continue };
            ensure(key, size, (1..=MOST_CHANNELS).contains(&size), "must be from 1 to 8192")?;
        }
        if let Some(blocks) = &self.blocks {
            let known = (3..=4).contains(&blocks.len());
            let fits = known && blocks.iter().all(|count| (1..=MOST_BLOCKS).contains(count));
            let stages = "must be three or four numbers, each from 1 to 512";
            ensure("model.blocks", blocks, fits, stages)?;
        }
        if let Some(Attention::SqueezeExcite { ratio }) = self.attention {
            let share = ratio > 0.0 && ratio <= 1.0;
            let key = "model.attention.squeeze-excite.ratio";
            ensure(key, ratio, share, "must be above 0 and at most 1")?;
        }
        let Some(stride) = self.output_stride else { return Ok(()) };
        ensure("model.output_stride", stride, [8, 16, 32].contains(&stride), "must be 8, 16 or 32")
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
