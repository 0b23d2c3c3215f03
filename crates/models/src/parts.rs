//! The parts of a network, and learning in some of them alone.

use std::fmt;
use std::ops::RangeInclusive;

use burn::module::{Flag, Module, ModuleMapper, Param};
use burn::tensor::Tensor;

use crate::ModulePath;
use crate::resnet::is_buffer;

/// A part of a residual network, in the order in which an image meets them.
///
/// ```
/// use resnet_models::Part;
///
/// assert_eq!(Part::of("layer3.0.conv1.weight"), Part::Layer3);
/// assert!(Part::of("conv1.weight") < Part::of("fc.bias"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// What comes before the stages.
    Stem,
    /// The first stage.
    Layer1,
    /// The second.
    Layer2,
    /// The third.
    Layer3,
    /// The fourth, and the normalisation after the last block of version 2.
    Layer4,
    /// The classifier.
    Head,
}

impl Part {
    /// All of them, from the pixels to the logits.
    pub const ALL: [Self; 6] =
        [Self::Stem, Self::Layer1, Self::Layer2, Self::Layer3, Self::Layer4, Self::Head];

    /// The part that holds the tensor with this state-dict key, also in a network that holds a
    /// ResNet; a key of another kind counts as the stem.
    #[must_use]
    pub fn of(key: &str) -> Self {
        let stage = key.split('.').find_map(|name| name.strip_prefix("layer")?.parse().ok());
        let has = |wanted| key.split('.').any(|name| name == wanted);
        match stage {
            Some(stage) => Self::ALL[usize::min(stage, 4)],
            None if has("fc") => Self::Head,
            None if has("norm") => Self::Layer4,
            None => Self::Stem,
        }
    }

    /// Parts between this one and the logits, this one included: none for the classifier, five for
    /// the stem.
    #[must_use]
    pub fn depth(self) -> usize {
        Self::Head as usize - self as usize
    }
}

impl fmt::Display for Part {
    /// As in state-dict keys: `layer3`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(["stem", "layer1", "layer2", "layer3", "layer4", "fc"][*self as usize])
    }
}

/// `model` with these `parts` learning or not: no gradient reaches parameters that do not learn, and
/// their normalisations use running statistics and keep them. Other parts stay as they are.
///
/// ```
/// use burn::tensor::Device;
/// use resnet_models::{Part, ResNetConfig, set_learning};
///
/// let model = ResNetConfig::resnet18().init(0, &Device::flex().autodiff());
/// let only_the_classifier_learns = set_learning(model, Part::Stem..=Part::Layer4, false);
/// let all_learn_again = set_learning(only_the_classifier_learns, Part::Stem..=Part::Head, true);
/// ```
#[must_use]
pub fn set_learning<M: Module>(model: M, parts: RangeInclusive<Part>, learns: bool) -> M {
    model.map(&mut Learning { path: ModulePath::default(), parts, learns })
}

struct Learning {
    path: ModulePath,
    parts: RangeInclusive<Part>,
    learns: bool,
}

impl Learning {
    fn concerns(&self, key: &str) -> bool {
        self.parts.contains(&Part::of(key))
    }
}

impl ModuleMapper for Learning {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, container_type: &str) {
        self.path.exit(container_type);
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let key = self.path.key();
        // Running statistics never have a gradient.
        let concerned = self.concerns(&key) && !is_buffer(&key);
        if concerned { param.set_require_grad(self.learns) } else { param }
    }

    fn map_flag(&mut self, flag: Param<Flag>) -> Param<Flag> {
        if self.concerns(&self.path.key()) { flag.with_value(self.learns) } else { flag }
    }
}
