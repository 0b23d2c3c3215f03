//! How good a model is on a set of images.

use std::time::Instant;

use burn::tensor::{Device, Tensor};
use resnet_data::{Loader, Views};
use resnet_distributed::World;
use resnet_models::Classifier;
use resnet_recipe::{Evaluation, Recipe, Totals, ValidationViews};

use crate::TrainError;
use crate::criterion::count;
use crate::exchange::{Agreement, total};
use crate::input::Normalizer;
use crate::label_sets::LabelSets;
use crate::loss::cross_entropy;
use crate::meter::Meter;
use crate::stopping::StopHandle;
use crate::tally::Tally;

/// Batches between two read-backs: bounds how far the host runs ahead of the device.
const READ_EVERY: usize = 16;

/// Runs `model` (without autodiff, on `device`) over every image of `loader` once.
///
/// # Errors
/// [`TrainError::Data`] for an image that cannot be read, [`TrainError::Stopped`] if `stop` is
/// requested meanwhile.
pub fn evaluate<M: Classifier>(
    model: &M,
    recipe: &Recipe,
    loader: &Loader,
    device: &Device,
    stop: &StopHandle,
) -> Result<Evaluation, TrainError> {
    let alone = Agreement::new(World::alone(), stop.clone());
    Ok(evaluate_share(model, recipe, loader, device, &alone)?.0)
}

/// As [`evaluate`], of all images of which each of the `ranks` has a share in its `loader`; and what the
/// images of each class were taken for. With every batch the ranks tell each other whether they can go on and
/// shall.
pub(crate) fn evaluate_share<M: Classifier>(
    model: &M,
    recipe: &Recipe,
    loader: &Loader,
    device: &Device,
    ranks: &Agreement,
) -> Result<(Evaluation, Tally), TrainError> {
    let start = Instant::now();
    let normalizer = Normalizer::new(recipe.data.mean, recipe.data.std, device);
    let label_sets = LabelSets::of(recipe, device);
    // An image of several labels has no answer that is one class.
    let classes = if label_sets.is_none() { recipe.model.num_classes } else { 0 };
    let mut seen = Seen::of(classes);
    for (index, batch) in loader.epoch(0, 0).enumerate() {
        let batch = ranks.settle(batch.map_err(TrainError::from));
        if ranks.stop().is_requested() {
            return Err(TrainError::Stopped);
        }
        let mut batch = batch?;
        seen.bad_images.extend(batch.bad.drain(..).map(|bad| bad.to_string()));
        seen.tally.expect(&batch);
        let batch = normalizer.upload(batch);
        let logits = viewed(model, batch.images.clone(), recipe.data.validation_views);
        seen.tally.add(logits.clone());
        let (labels, own) = (batch.labels.clone(), logits.clone());
        let per_example = match &label_sets {
            None => cross_entropy(own, labels, 0.0),
            Some(sets) => sets.loss(own, labels),
        };
        count(label_sets.as_ref(), &mut seen.meter, per_example, logits, &batch);
        if index % READ_EVERY == READ_EVERY - 1 {
            seen.read();
        }
    }
    seen.read();
    let (totals, bad_images) = total(&ranks.world, seen.totals, seen.bad_images)?;
    let evaluation = Evaluation {
        averages: totals.averages().ok_or(TrainError::NothingToEvaluate)?,
        images: totals.examples as usize,
        seconds: start.elapsed().as_secs_f64(),
        bad_images,
    };
    Ok((evaluation, seen.tally.summed(&ranks.world)?))
}

/// What came of the images so far.
struct Seen {
    meter: Meter,
    totals: Totals,
    tally: Tally,
    bad_images: Vec<String>,
}

impl Seen {
    fn of(classes: usize) -> Self {
        let (meter, totals, tally) = (Meter::default(), Totals::default(), Tally::new(classes));
        Self { meter, totals, tally, bad_images: Vec::new() }
    }

    /// Reads from the device what the last batches came to.
    fn read(&mut self) {
        self.meter.take().iter().for_each(|batch| self.totals.add(batch));
        self.tally.read();
    }
}

/// The logits of all looks at the images, averaged. With ten looks, those at an image stand side by side.
pub(crate) fn viewed<M: Classifier>(
    model: &M,
    images_bchw: Tensor<4>,
    views: ValidationViews,
) -> Tensor<2> {
    match views {
        ValidationViews::Single => model.logits(images_bchw),
        ValidationViews::Flip => {
            let mirrored = model.logits(images_bchw.clone().flip([3]));
            (model.logits(images_bchw) + mirrored).div_scalar(2.0)
        }
        ValidationViews::TenCrop => averaged(model, images_bchw, Views::TenCrop.count()),
    }
}

/// The mean of the logits of `views` images each. They are computed one view after the other, which takes no
/// more memory than one.
fn averaged<M: Classifier>(model: &M, images_bchw: Tensor<4>, views: usize) -> Tensor<2> {
    let [images, channels, height, width] = images_bchw.dims();
    let slots = images / views;
    let by_view: Tensor<5> = images_bchw.reshape([slots, views, channels, height, width]);
    let logits = |view| {
        let images = by_view.clone().narrow(1, view, 1);
        model.logits(images.reshape([slots, channels, height, width]))
    };
    let sum = (1..views).fold(logits(0), |sum, view| sum + logits(view));
    sum.div_scalar(views as f64)
}
