//! What images are taken for, by what was chosen on validation images.

use anyhow::Result;
use resnet::finetuning::Choices;
use resnet::{Ensemble, Prediction};

use crate::args::Args;

/// What is said about images.
pub(crate) struct Answers<'a> {
    pub(crate) networks: &'a Ensemble,
    pub(crate) predictions: &'a [Prediction],
    pub(crate) choices: Option<&'a Choices>,
}

/// The thresholds that `finetune` has chosen for these networks. There are none for networks that it did not train
/// together, for other weights than those it judged, and for other looks at an image.
pub(crate) fn chosen(args: &Args, networks: &Ensemble) -> Result<Option<Choices>> {
    match &args.model_dirs[..] {
        [model_dir] if !(args.newest || args.flip || args.ten_crop) => {
            Ok(Choices::read(model_dir, networks)?)
        }
        _ => Ok(None),
    }
}

impl Answers<'_> {
    /// Names of the classes.
    pub(crate) fn classes(&self) -> &[String] {
        self.networks.classes()
    }

    /// The name of the class that an image is taken for, or of each label that is said of it; `None` where nothing was
    /// chosen, or if it could not be read.
    pub(crate) fn said(&self, prediction: &Prediction) -> Option<Vec<&str>> {
        let said = self.choices?.said(prediction)?;
        Some(said.into_iter().map(|class| self.classes()[class].as_str()).collect())
    }

    /// The same in words.
    pub(crate) fn in_words(&self, prediction: &Prediction) -> Option<String> {
        let said = self.said(prediction)?;
        Some(if said.is_empty() { "none".to_owned() } else { said.join(" + ") })
    }

    /// Whether an image may be taken for any number of labels.
    pub(crate) fn are_of_labels(&self) -> bool {
        self.choices.is_some_and(Choices::are_of_labels)
    }
}
