//! Cross-validation.

use std::path::Path;

use resnet_data::Dataset;
use resnet_metrics::Metric;
use resnet_recipe::Sink;
use resnet_train::device::Chosen;
use resnet_train::folder::ModelFolder;
use resnet_train::predict::Ensemble;
use resnet_train::run::RunOptions;
use resnet_train::{TrainError, lock_folder};
use serde::Serialize;

use crate::prepared::why;
use crate::splits::pool;
use crate::{Answers, Choices, Findings, FinetuneError, Judgement, Plan, Prepared, prepare};

const TWO_FOLDS: &str = "a data set has two folds at least";

/// What a cross-validation found out.
#[derive(Debug, Clone, Serialize)]
pub struct CrossValidation {
    /// Each fold; the images it was tested on are those of no other.
    pub folds: Vec<Findings>,
    /// Each figure over the folds.
    pub spreads: Vec<Spread>,
    /// Threshold and temperature for the folds together: chosen on the validation images of all folds, each
    /// of which one network answered that had not learned from it.
    pub choices: Choices,
}

/// A figure over the folds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spread {
    /// Of which label, where images have several.
    pub label: Option<String>,
    /// What is measured.
    pub metric: Metric,
    /// Its mean.
    pub mean: f64,
    /// Its standard deviation over the folds (divided by their number less one).
    pub deviation: f64,
    /// In each fold.
    pub values: Vec<f64>,
}

/// Fine-tunes `count` networks, each tested on another part of the images and watched on the next, stratified
/// and with whole groups. Those of a split `test` take no part. Each run is in a folder `fold-1`, `fold-2`
/// and so on of the model folder of `options`; a run that is done there is not done again.
/// [`prepare_folds`] and [`run_folds`] are its two halves.
///
/// # Errors
/// As [`finetune`](crate::finetune()), and if a fold gets no image.
pub fn cross_validate(
    dataset: &Dataset,
    count: usize,
    plan: &Plan,
    options: &RunOptions,
    chosen: &Chosen,
    sink: &mut dyn Sink,
) -> Result<CrossValidation, FinetuneError> {
    run_folds(prepare_folds(dataset, count, plan)?, options, chosen, sink)
}

/// The folds of a data set; all are looked at before the first is trained on.
///
/// # Errors
/// As [`prepare`], and if a fold gets no image.
pub fn prepare_folds(
    dataset: &Dataset,
    count: usize,
    plan: &Plan,
) -> Result<Vec<Prepared>, FinetuneError> {
    let from = pool(dataset);
    let from: Vec<&str> = from.iter().map(String::as_str).collect();
    let folds =
        dataset.folds(&from, count, plan.seed).map_err(|error| why(dataset, plan, error))?;
    folds.iter().map(|fold| prepare(fold, plan)).collect()
}

/// Trains and judges each fold, and chooses a threshold for all of them together, which is written into the
/// model folder of `options`. With `options.fresh` what is there is set aside first, all folds at once.
///
/// # Errors
/// As [`Prepared::run`].
pub fn run_folds(
    prepared: Vec<Prepared>,
    options: &RunOptions,
    chosen: &Chosen,
    sink: &mut dyn Sink,
) -> Result<CrossValidation, FinetuneError> {
    if options.fresh && options.world.is_chief() {
        set_aside(&options.model_dir)?;
    }
    let mut folds = Vec::with_capacity(prepared.len());
    for (number, fold) in (1..).zip(prepared) {
        let model_dir = options.model_dir.join(format!("fold-{number}"));
        let options = RunOptions { model_dir, fresh: false, ..options.clone() };
        folds.push(fold.run(&options, chosen, sink)?);
    }
    let spreads = spreads(&folds);
    let choices = together(&folds)?;
    let mut networks = folds.iter().map(|fold| fold.fitted.predictor.clone());
    let first = networks.next().expect(TWO_FOLDS);
    choices.write(&options.model_dir, &Ensemble::new(first, networks.collect())?)?;
    Ok(CrossValidation { folds, spreads, choices })
}

/// Moves what is in the folder out of the way, unless a run is using it.
fn set_aside(folder: &Path) -> Result<(), TrainError> {
    let folder = ModelFolder::open(folder)?;
    let _lock = lock_folder(folder.path())?;
    folder.set_aside().map(drop)
}

/// What is chosen on the validation images of all folds.
fn together(folds: &[Findings]) -> Result<Choices, FinetuneError> {
    let first = folds.first().expect(TWO_FOLDS);
    let answers = folds.iter().flat_map(|fold| &fold.validation.answers).cloned().collect();
    Choices::on(&Answers { answers, ..first.validation.clone() }, &first.plan)
}

/// Figures that every fold can tell.
fn spreads(folds: &[Findings]) -> Vec<Spread> {
    let Some(first) = folds.first() else { return Vec::new() };
    let of_judgement = |(number, judgement): (usize, &Judgement)| -> Vec<Spread> {
        let metrics = judgement.test.measures.iter().map(|measure| measure.metric);
        let values = |metric| -> Option<Vec<f64>> {
            folds.iter().map(|fold| fold.judgements[number].value(metric)).collect()
        };
        let label = &judgement.label;
        metrics
            .filter_map(|metric| Some(Spread::of(label.clone(), metric, values(metric)?)))
            .collect()
    };
    first.judgements.iter().enumerate().flat_map(of_judgement).collect()
}

impl Spread {
    /// Of a value in each fold, of which there are two at least.
    fn of(label: Option<String>, metric: Metric, values: Vec<f64>) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Self { label, metric, mean, deviation: (squares / (count - 1.0)).sqrt(), values }
    }

    /// What is measured, and of which label where images have several.
    #[must_use]
    pub fn name(&self) -> String {
        let metric = self.metric.name();
        self.label.as_ref().map_or_else(|| metric.to_owned(), |label| format!("{label}: {metric}"))
    }
}

#[cfg(test)]
mod tests {
    use super::Spread;
    use resnet_metrics::Metric;

    #[test]
    fn a_spread_is_mean_and_sample_deviation() {
        let spread = Spread::of(None, Metric::Auroc, vec![0.8, 0.9, 1.0]);
        assert!((spread.mean - 0.9).abs() < 1e-12 && (spread.deviation - 0.1).abs() < 1e-12);
    }
}
