//! The presets by their names.

use thiserror::Error;

use super::{
    cifar10_resnet20, fashion_mnist_sample, ffcv_16, ffcv_40, ffcv_88, fine_tune_small,
    mlperf_lars, nvidia_90, strikes_back_a1, strikes_back_a2, strikes_back_a3, torchvision_v2,
    tutorial,
};
use crate::recipe::{Recipe, closest};

/// A preset and what it is for.
#[derive(Debug, Clone, Copy)]
pub struct Preset {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it trains, in a line.
    pub summary: &'static str,
    /// Makes its recipe.
    pub recipe: fn() -> Recipe,
}

/// Every preset.
pub const ALL: [Preset; 13] = [
    Preset {
        name: "tutorial",
        summary: "ResNet-50, 90 epochs, as TensorFlow's imagenet_main.py (its top-1: 76.2 to 76.6 %)",
        recipe: tutorial,
    },
    Preset {
        name: "nvidia-90",
        summary: "ResNet-50, 90 epochs, as NVIDIA's DeepLearningExamples (their top-1: 77.1 %)",
        recipe: nvidia_90,
    },
    Preset {
        name: "ffcv-16",
        summary: "ResNet-50, 16 epochs at 160 to 192 pixels, after FFCV (their top-1: 73.8 %)",
        recipe: ffcv_16,
    },
    Preset {
        name: "ffcv-40",
        summary: "ResNet-50, 40 epochs at 160 to 192 pixels, after FFCV (their top-1: 77.2 %)",
        recipe: ffcv_40,
    },
    Preset {
        name: "ffcv-88",
        summary: "ResNet-50, 88 epochs at 160 to 192 pixels, after FFCV (their top-1: 78.4 %)",
        recipe: ffcv_88,
    },
    Preset {
        name: "strikes-back-a1",
        summary: "ResNet-50, 600 passes, after Wightman et al. 2021 (their top-1: 80.4 %)",
        recipe: strikes_back_a1,
    },
    Preset {
        name: "strikes-back-a2",
        summary: "ResNet-50, 300 passes, after Wightman et al. 2021 (their top-1: 79.8 %)",
        recipe: strikes_back_a2,
    },
    Preset {
        name: "strikes-back-a3",
        summary: "ResNet-50, 100 epochs at 160 pixels, after Wightman et al. 2021 (78.1 %)",
        recipe: strikes_back_a3,
    },
    Preset {
        name: "torchvision-v2",
        summary: "ResNet-50, 600 passes, as torchvision's IMAGENET1K_V2 (their top-1: 80.858 %)",
        recipe: torchvision_v2,
    },
    Preset {
        name: "mlperf-lars",
        summary: "ResNet-50, 40 epochs in batches of 4096 with LARS (MLPerf's target: 75.9 %)",
        recipe: mlperf_lars,
    },
    Preset {
        name: "fine-tune-small",
        summary: "ResNet-50 on few images of one's own, unfrozen stage by stage, 20 epochs",
        recipe: fine_tune_small,
    },
    Preset {
        name: "cifar10-resnet20",
        summary: "ResNet-20 on CIFAR-10, 164 epochs, as He et al. 2015 (their top-1: 91.25 %)",
        recipe: cifar10_resnet20,
    },
    Preset {
        name: "fashion-mnist-sample",
        summary: "ResNet-8 on the bundled part of Fashion-MNIST, 14 epochs (top-1 above 80 %)",
        recipe: fashion_mnist_sample,
    },
];

/// There is no preset of this name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "there is no preset `{name}`{}; known: {}",
    suggestion(name),
    ALL.map(|preset| preset.name).join(", ")
)]
pub struct UnknownPreset {
    /// What was asked for.
    pub name: String,
}

/// The recipe of the preset `name`.
///
/// ```
/// use resnet_recipe::presets;
///
/// assert_eq!(presets::find("tutorial")?, presets::tutorial());
/// # Ok::<(), presets::UnknownPreset>(())
/// ```
///
/// # Errors
/// [`UnknownPreset`] with the nearest name and all of them.
pub fn find(name: &str) -> Result<Recipe, UnknownPreset> {
    let preset = ALL.iter().find(|preset| preset.name == name);
    let preset = preset.ok_or_else(|| UnknownPreset { name: name.to_owned() })?;
    Ok((preset.recipe)())
}

fn suggestion(name: &str) -> String {
    closest(name, ALL.iter().map(|preset| preset.name))
        .map_or_else(String::new, |near| format!(", did you mean `{near}`?"))
}
