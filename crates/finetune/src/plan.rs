//! What is wanted of a fine-tuning.

use std::path::PathBuf;
use std::sync::Arc;

use resnet_data::Decoder;
use resnet_metrics::{Bootstrap, OperatingRule};
use resnet_recipe::{FreezeUntil, presets};
use resnet_train::pixels;
use serde::{Deserialize, Serialize};

use crate::Imbalance;

/// What is wanted of a fine-tuning. The default suits most data sets: where it says nothing, the images
/// decide ([`recipe_for`](crate::recipe_for)).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// A name of the zoo; with `pretrained` the network of these weights, which
    /// [`Weights::networks`](resnet_models::weights::Weights::networks) tells. Without weights it need not be
    /// named: `resnet18`, and `resnet20` for images below 64 pixels.
    pub model: Option<String>,
    /// Height and width of the network's input, in pixels.
    pub image_size: Option<usize>,
    /// Weights to start from: a file that [`Weights::read`](resnet_models::weights::Weights::read) reads, for
    /// this network.
    pub pretrained: Option<PathBuf>,
    /// Of several networks in that file the one whose tensors' names begin so.
    #[serde(default)]
    pub pretrained_prefix: Option<String>,
    /// Whether only the backbone of `pretrained` is taken, and the classifier starts anew, although that
    /// of the file is for as many classes.
    pub backbone_only: bool,
    /// What stays as it is at first.
    pub freeze: Freeze,
    /// Epochs after which one stage more begins to learn; 0: what is frozen stays frozen.
    pub unfreeze_every: u64,
    /// What is done about classes of different size.
    pub imbalance: Imbalance,
    /// Passes over the training images at most.
    pub epochs: u64,
    /// Passes without a smaller validation loss that are too many.
    pub patience: u64,
    /// Images in a step. Without it 32, or what leaves four steps in a pass.
    pub batch_size: Option<usize>,
    /// The largest learning rate. Without it 0.001, with `pretrained` 0.0003.
    pub learning_rate: Option<f64>,
    /// Whether left and right may be exchanged in training.
    pub flip: bool,
    /// Seed of splits, weights, order and augmentation.
    pub seed: u64,
    /// Further keys of the recipe, as `KEY=VALUE`.
    pub overrides: Vec<String>,
    /// The class that a yes-or-no question asks for, where there are two. Without it the one that is
    /// not called normal, healthy, negative or the like; else the last.
    pub positive: Option<String>,
    /// How the threshold is chosen, on the validation images.
    pub operating: OperatingRule,
    /// Share of positives, 0 to 1, for which predictive values are told besides.
    pub prevalence: Option<f64>,
    /// Whether the classes are grades in order, so that quadratic kappa means something.
    pub ordered: bool,
    /// Resamples for the intervals; 0 for none.
    pub resamples: usize,
    /// The column of the manifest by whose values results are told besides
    /// ([`DatasetOptions::columns`](resnet_data::DatasetOptions::columns)).
    pub subgroup: Option<String>,
}

/// What stays as it is at first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Freeze {
    /// With pretrained weights everything but the classifier, from scratch nothing.
    #[default]
    Auto,
    /// Nothing.
    Nothing,
    /// Everything up to this part.
    Until(FreezeUntil),
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            model: None,
            image_size: None,
            pretrained: None,
            pretrained_prefix: None,
            backbone_only: false,
            freeze: Freeze::default(),
            unfreeze_every: 1,
            imbalance: Imbalance::default(),
            epochs: 30,
            patience: 8,
            batch_size: None,
            learning_rate: None,
            flip: true,
            seed: 0,
            overrides: Vec::new(),
            positive: None,
            operating: OperatingRule::Youden,
            prevalence: None,
            ordered: false,
            resamples: Bootstrap::default().resamples,
            subgroup: None,
        }
    }
}

/// Names that mean that nothing was found.
const NEGATIVE: [&str; 12] = [
    "normal",
    "healthy",
    "negative",
    "benign",
    "control",
    "none",
    "no",
    "well",
    "nofinding",
    "clear",
    "absent",
    "0",
];

impl Plan {
    /// How intervals are drawn, if they are wanted.
    pub(crate) fn bootstrap(&self) -> Option<Bootstrap> {
        let (seed, resamples) = (self.seed, self.resamples);
        (resamples > 0).then(|| Bootstrap { seed, resamples, ..Bootstrap::default() })
    }

    /// What decodes the images: what the overrides say of it is known before the rest of the recipe.
    ///
    /// # Errors
    /// If one of these overrides makes no sense.
    pub fn decoder(&self) -> Result<Arc<dyn Decoder>, crate::FinetuneError> {
        let decides = |change: &&String| {
            ["data.dicom", "data.exif_orientation"].iter().any(|key| change.starts_with(key))
        };
        let changes: Vec<&String> = self.overrides.iter().filter(decides).collect();
        Ok(pixels::decoder(&presets::tutorial().with_overrides(&changes)?))
    }

    /// The last part that does not learn at first.
    pub(crate) fn frozen_until(&self) -> Option<FreezeUntil> {
        match self.freeze {
            Freeze::Auto => self.pretrained.is_some().then_some(FreezeUntil::Layer4),
            Freeze::Nothing => None,
            Freeze::Until(last) => Some(last),
        }
    }

    /// The number of the class that is asked for; `None` with more than two classes.
    ///
    /// # Errors
    /// If the plan names a class that there is not, or one among more than two.
    pub fn positive_class(
        &self,
        classes: &[String],
    ) -> Result<Option<usize>, crate::FinetuneError> {
        let Some(wanted) = &self.positive else {
            return Ok((classes.len() == 2).then(|| usize::from(!is_negative(&classes[1]))));
        };
        match classes.iter().position(|class| class == wanted) {
            Some(class) => Ok(Some(class)),
            None => {
                let known = classes.join(", ");
                let problem = format!("there is no class {wanted:?}: name one of {known}");
                Err(crate::FinetuneError::plan("positive", problem))
            }
        }
    }
}

fn is_negative(class: &str) -> bool {
    let letters: String = class.chars().filter(|c| c.is_alphanumeric()).collect();
    NEGATIVE.contains(&&*letters.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::Plan;

    fn positive(first: &str, second: &str) -> usize {
        let classes = [first.to_owned(), second.to_owned()];
        let class = Plan::default().positive_class(&classes).expect("no class is named");
        class.expect("two classes")
    }

    #[test]
    fn what_is_found_is_positive_and_the_last_class_otherwise() {
        assert_eq!(positive("NORMAL", "PNEUMONIA"), 1);
        assert_eq!(positive("COVID", "Normal"), 0);
        assert_eq!(positive("malaria", "No finding"), 0);
        assert_eq!(positive("cat", "dog"), 1);
        assert_eq!(positive("0", "1"), 1);
    }

    #[test]
    fn a_positive_class_has_to_be_there() {
        let classes = ["a".to_owned(), "b".to_owned(), "c".to_owned()];
        let mut plan = Plan::default();
        assert_eq!(plan.positive_class(&classes).expect("none is named"), None);
        plan.positive = Some("b".to_owned());
        assert_eq!(plan.positive_class(&classes).expect("it is there"), Some(1));
        plan.positive = Some("d".to_owned());
        let error = plan.positive_class(&classes).expect_err("it is not there").to_string();
        assert!(error.contains("no class \"d\": name one of a, b, c"), "{error}");
    }
}
