//! A trained network from which another one learns.

use std::path::Path;

use burn::tensor::activation::{log_softmax, softmax};
use burn::tensor::{Device, Tensor};
use resnet_models::tensors::{self, TensorMap};
use resnet_models::{ResNet, load_state_dict};
use resnet_recipe::{Distillation, Model, Recipe, presets};

use crate::TrainError;
use crate::checkpoint::{self, CheckpointError, Store};
use crate::loss::sum_of_rows;
use crate::model::check_training_images;

/// A network that is not trained any more; it sees the images that its student sees.
#[derive(Debug, Clone)]
pub struct Teacher {
    model: ResNet,
    temperature: f64,
    alpha: f64,
}

impl Teacher {
    /// Reads the weights of the teacher of a `student` onto `device` (without autodiff).
    ///
    /// # Errors
    /// [`TrainError::Teacher`] if a file does not say which network it belongs to, or the teacher knows
    /// other classes or does not take the student's images; otherwise what keeps it from being read.
    pub fn load(
        settings: &Distillation,
        student: &Recipe,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let (path, classes) = (&settings.teacher, student.model.num_classes);
        let failed = |reason: String| TrainError::Teacher { path: path.clone(), reason };
        let (weights, recipe) = match &settings.network {
            _ if path.is_dir() => of_a_run(path)?,
            Some(network) => {
                let (model, data) = (Model::named(network, classes), student.data.clone());
                let recipe = Recipe { model, data, ..presets::tutorial() };
                (tensors::read(path).map_err(CheckpointError::from)?, recipe)
            }
            None => {
                let reason = "a file does not say which network it belongs to; add \
                              loss.distillation.network, such as \"resnet50\"";
                return Err(failed(reason.to_owned()));
            }
        };
        let found = recipe.model.num_classes;
        if found != classes {
            return Err(failed(format!(
                "the teacher tells {found} classes apart and the student {classes}; \
                 take one that was trained on the same classes"
            )));
        }
        let (model, _) = load_state_dict(crate::build(&recipe, device)?, weights)
            .map_err(|error| failed(error.to_string()))?;
        check_training_images(&model, student).map_err(|error| {
            failed(format!("it does not take the images of the student: {error}"))
        })?;
        Ok(Self { model, temperature: settings.temperature, alpha: settings.alpha })
    }

    /// The student's loss `own` `[b]`, mixed with how far its `logits` `[b, classes]` of `images`
    /// `[b, c, h, w]` are from the teacher's.
    #[must_use]
    pub fn mixed(&self, own: Tensor<1>, images: Tensor<4>, logits: Tensor<2>) -> Tensor<1> {
        let wanted = Tensor::from_inner(self.model.forward(images.inner()));
        let divergence = divergence(logits, wanted, self.temperature);
        let share = self.alpha * self.temperature.powi(2);
        own.mul_scalar(1.0 - self.alpha) + divergence.mul_scalar(share)
    }
}

/// The Kullback-Leibler divergence in nats of the probabilities of `logits` from those of `wanted`, at
/// this temperature, `[b]` of two `[b, classes]`.
#[must_use]
pub fn divergence(logits: Tensor<2>, wanted: Tensor<2>, temperature: f64) -> Tensor<1> {
    let (logits, wanted) = (logits.div_scalar(temperature), wanted.div_scalar(temperature));
    let off = log_softmax(wanted.clone(), 1) - log_softmax(logits, 1);
    sum_of_rows(softmax(wanted, 1) * off)
}

/// The weights of a checkpoint, or of the newest one in a model folder.
fn of_a_run(folder: &Path) -> Result<(TensorMap, Recipe), TrainError> {
    if checkpoint::step_of(folder).is_some() {
        return Ok(checkpoint::load_model(folder)?);
    }
    let newest = Store::new(folder).newest_whole(checkpoint::load_model)?.newest;
    let none = || TrainError::NoCheckpoint { path: folder.to_owned() };
    newest.map(|(_, found)| found).ok_or_else(none)
}
