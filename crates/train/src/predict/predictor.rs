//! Asks one network about many images.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::tensor::Tensor;
use burn::tensor::activation::{sigmoid, softmax};
use resnet_data::{Batch, ImageFiles, Loader, Source};
use resnet_recipe::{BadImages, LossKind, ValidationViews};

use super::{Prediction, Trained};
use crate::TrainError;
use crate::evaluate::viewed;
use crate::input::Normalizer;
use crate::loaders::validation_loader;
use crate::options::RunOptions;

/// Asks one network about images, in batches.
///
/// Probabilities are those that the network was trained to give: they add up to 1, unless its loss was
/// the binary cross-entropy, which judges each class by itself.
#[derive(Debug, Clone)]
pub struct Predictor {
    pub(super) trained: Trained,
    /// Images that are computed together.
    batch_size: usize,
    /// Threads that read and decode.
    workers: usize,
    /// The looks at an image, if they are not those of the recipe.
    views: Option<ValidationViews>,
}

impl Predictor {
    /// Batches of 32, a loading thread per processor, and the recipe's looks at each image.
    #[must_use]
    pub fn new(trained: Trained) -> Self {
        Self { trained, batch_size: 32, workers: RunOptions::new("").workers, views: None }
    }

    /// Computes this many images together.
    #[must_use]
    pub fn with_batch_size(self, batch_size: usize) -> Self {
        Self { batch_size, ..self }
    }

    /// Reads and decodes on this many threads.
    #[must_use]
    pub fn with_workers(self, workers: usize) -> Self {
        Self { workers, ..self }
    }

    /// Looks at each image in this way, whatever the recipe says: with [`ValidationViews::Flip`], at its
    /// mirror image too, with [`ValidationViews::TenCrop`] at ten parts of it; the mean of the logits counts.
    #[must_use]
    pub fn with_views(self, views: ValidationViews) -> Self {
        Self { views: Some(views), ..self }
    }

    /// The network that is asked.
    #[must_use]
    pub fn trained(&self) -> &Trained {
        &self.trained
    }

    /// What the network says about every image of `images`, in their order. One that does not decode
    /// has a reason instead of an answer.
    ///
    /// # Errors
    /// [`TrainError::Data`] if the source cannot be read.
    pub fn images(&self, images: &Arc<dyn Source>) -> Result<Vec<Prediction>, TrainError> {
        let views = self.views.unwrap_or(self.trained.recipe.data.validation_views);
        let loader = self.loader(images, self.batch_size, views)?;
        let normalizer = self.normalizer();
        let mut predictions = Vec::with_capacity(images.len());
        for batch in loader.epoch(0, 0) {
            let mut batch = batch?;
            let outline = Outline::of(&mut batch);
            let rows = self.probabilities(normalizer.upload(batch).images, views);
            outline.fill(rows, &**images, &mut predictions);
        }
        Ok(predictions)
    }

    /// What the network says about image files, in their order. One that cannot be read has a reason
    /// instead of an answer.
    ///
    /// # Errors
    /// [`TrainError::Data`] if the loader cannot be made.
    pub fn files(&self, paths: &[PathBuf]) -> Result<Vec<Prediction>, TrainError> {
        let checked: Vec<_> = paths.iter().map(|path| readable(path)).collect();
        let good = paths.iter().zip(&checked).filter(|(_, checked)| checked.is_ok());
        let good: Vec<_> = good.map(|(path, _)| path).collect();
        let mut answers = Vec::new();
        if !good.is_empty() {
            let source: Arc<dyn Source> = Arc::new(ImageFiles::list(&good)?);
            answers = self.images(&source)?;
        }
        let mut answers = answers.into_iter();
        let answer = |(path, checked): (&PathBuf, Result<(), String>)| Prediction {
            place: path.display().to_string(),
            label: None,
            probabilities: checked.and_then(|()| answers.next().expect("asked").probabilities),
        };
        Ok(paths.iter().zip(checked).map(answer).collect())
    }

    /// Every image once, in order; those that do not decode are left out.
    pub(crate) fn loader(
        &self,
        images: &Arc<dyn Source>,
        batch_size: usize,
        views: ValidationViews,
    ) -> Result<Loader, TrainError> {
        let mut recipe = self.trained.recipe.clone();
        recipe.data.on_bad_image = BadImages::Skip { max: usize::MAX };
        recipe.data.validation_views = views;
        // A small set makes a small batch: nothing is computed for slots that stay empty.
        recipe.train.batch_size = batch_size.min(images.len().max(1));
        Ok(validation_loader(images.clone(), &recipe, self.workers)?)
    }

    pub(crate) fn normalizer(&self) -> Normalizer {
        let data = &self.trained.recipe.data;
        Normalizer::new(data.mean, data.std, &self.trained.device)
    }

    /// The probabilities of each image, of which `[b, c, h, w]` holds the `views`.
    fn probabilities(
        &self,
        images_bchw: Tensor<4>,
        views: ValidationViews,
    ) -> Vec<Result<Vec<f32>, String>> {
        let answers = self.to_probabilities(viewed(&self.trained.model, images_bchw, views));
        let [_, classes] = answers.dims();
        let values: Vec<f32> = answers.into_data().iter::<f32>().collect();
        values.chunks(classes).map(finite).collect()
    }

    fn to_probabilities(&self, logits: Tensor<2>) -> Tensor<2> {
        match self.trained.recipe.loss.kind {
            LossKind::BinaryCrossEntropy => sigmoid(logits),
            LossKind::CrossEntropy => softmax(logits, 1),
        }
    }
}

/// The numbers, if they are numbers.
fn finite(row: &[f32]) -> Result<Vec<f32>, String> {
    if row.iter().all(|probability| probability.is_finite()) {
        return Ok(row.to_vec());
    }
    Err("the network's answer is not a number: its weights are damaged".to_owned())
}

/// What is known of a batch besides its pixels.
struct Outline {
    labels: Vec<u32>,
    is_good: Vec<bool>,
    /// Why images were skipped, in the order of their slots.
    reasons: Vec<String>,
}

impl Outline {
    fn of(batch: &mut Batch) -> Self {
        Self {
            labels: batch.labels.clone(),
            is_good: batch.weights.iter().map(|&weight| weight > 0.0).collect(),
            reasons: batch.bad.drain(..).map(|bad| bad.reason).collect(),
        }
    }

    /// Adds a prediction for each image of the batch, where `rows` are the network's answers.
    fn fill(
        self,
        rows: Vec<Result<Vec<f32>, String>>,
        images: &dyn Source,
        predictions: &mut Vec<Prediction>,
    ) {
        let mut reasons = self.reasons.into_iter();
        let slots = rows.into_iter().zip(self.labels).zip(self.is_good);
        let left = images.len() - predictions.len();
        for ((row, label), is_good) in slots.take(left) {
            let index = predictions.len();
            let (label, probabilities) = if is_good {
                (Some(label), row)
            } else {
                let reason = reasons.next().expect("a reason for every image that was skipped");
                (images.label(index).ok(), Err(reason))
            };
            predictions.push(Prediction { place: images.place(index), label, probabilities });
        }
    }
}

/// Whether there is a file that may be read; why not, otherwise.
fn readable(path: &Path) -> Result<(), String> {
    let is_file = fs::metadata(path).map_err(|error| error.to_string())?.is_file();
    if !is_file {
        return Err("not a file".to_owned());
    }
    File::open(path).map(drop).map_err(|error| error.to_string())
}
