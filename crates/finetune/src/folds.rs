//! Cross-validation.

use resnet_data::Dataset;
use resnet_metrics::Metric;
use resnet_recipe::Sink;
use resnet_train::device::Chosen;
use resnet_train::run::RunOptions;
use serde::Serialize;

use crate::splits::pool;
use crate::{Findings, FinetuneError, Plan, finetune};

/// What a cross-validation found out.
#[derive(Debug, Clone, Serialize)]
pub struct CrossValidation {
    /// Each fold; the images it was tested on are those of no other.
    pub folds: Vec<Findings>,
    /// Each figure over the folds.
    pub spreads: Vec<Spread>,
}

/// A figure over the folds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spread {
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
///
/// # Errors
/// As [`finetune`], and if a fold gets no image.
pub fn cross_validate(
    dataset: &Dataset,
    count: usize,
    plan: &Plan,
    options: &RunOptions,
    chosen: &Chosen,
    sink: &mut dyn Sink,
) -> Result<CrossValidation, FinetuneError> {
    let from = pool(dataset);
    let from: Vec<&str> = from.iter().map(String::as_str).collect();
    let mut folds = Vec::with_capacity(count);
    for (number, fold) in (1..).zip(dataset.folds(&from, count, plan.seed)?) {
        let model_dir = options.model_dir.join(format!("fold-{number}"));
        let options = RunOptions { model_dir, ..options.clone() };
        folds.push(finetune(&fold, plan, &options, chosen, sink)?);
    }
    let spreads = spreads(&folds);
    Ok(CrossValidation { folds, spreads })
}

/// Figures that every fold can tell.
fn spreads(folds: &[Findings]) -> Vec<Spread> {
    let Some(first) = folds.first() else { return Vec::new() };
    let metrics = first.judgement.test.measures.iter().map(|measure| measure.metric);
    let values = |metric| -> Option<Vec<f64>> {
        folds.iter().map(|fold| fold.judgement.value(metric)).collect()
    };
    metrics.filter_map(|metric| Some(Spread::of(metric, values(metric)?))).collect()
}

impl Spread {
    /// Of a value in each fold, of which there are two at least.
    fn of(metric: Metric, values: Vec<f64>) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Self { metric, mean, deviation: (squares / (count - 1.0)).sqrt(), values }
    }
}

#[cfg(test)]
mod tests {
    use super::Spread;
    use resnet_metrics::Metric;

    #[test]
    fn a_spread_is_mean_and_sample_deviation() {
        let spread = Spread::of(Metric::Auroc, vec![0.8, 0.9, 1.0]);
        assert!((spread.mean - 0.9).abs() < 1e-12 && (spread.deviation - 0.1).abs() < 1e-12);
    }
}
