//! What scikit-learn says, as `tests/golden/scikit_learn.py` wrote it.

use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Golden {
    pub(crate) binary: Vec<Binary>,
    pub(crate) several: Vec<Several>,
    pub(crate) multi_label: ManyLabels,
    pub(crate) bootstrap: Resamples,
}

#[derive(Deserialize)]
pub(crate) struct Binary {
    pub(crate) name: String,
    truth: Vec<u8>,
    pub(crate) scores: Vec<f64>,
    pub(crate) auroc: f64,
    pub(crate) average_precision: f64,
    pub(crate) brier: f64,
    pub(crate) log_loss: f64,
    /// Thresholds, false and true positive rates.
    pub(crate) roc: [Vec<Option<f64>>; 3],
    /// Thresholds, recalls, precisions.
    pub(crate) pr: [Vec<f64>; 3],
    pub(crate) youden: Option<f64>,
    pub(crate) sensitivity_90: f64,
    pub(crate) specificity_80: Option<f64>,
    pub(crate) at: Vec<AtThreshold>,
    /// Mean probabilities, frequencies.
    pub(crate) reliability: [Vec<f64>; 2],
    pub(crate) ece: f64,
}

#[derive(Deserialize)]
pub(crate) struct AtThreshold {
    pub(crate) threshold: f64,
    pub(crate) counts: [u64; 4],
    pub(crate) sensitivity: f64,
    pub(crate) specificity: f64,
    pub(crate) precision: f64,
    pub(crate) npv: f64,
    pub(crate) f1: f64,
    pub(crate) accuracy: f64,
    pub(crate) balanced_accuracy: f64,
    pub(crate) mcc: f64,
    pub(crate) kappa: f64,
}

#[derive(Deserialize)]
pub(crate) struct Several {
    pub(crate) name: String,
    pub(crate) classes: usize,
    pub(crate) truth: Vec<usize>,
    pub(crate) logits: Vec<f64>,
    pub(crate) confusion: Vec<u64>,
    pub(crate) accuracy: f64,
    pub(crate) balanced_accuracy: f64,
    pub(crate) macro_precision: f64,
    pub(crate) macro_f1: f64,
    pub(crate) mcc: f64,
    pub(crate) kappa: f64,
    pub(crate) quadratic_kappa: f64,
    pub(crate) top2: f64,
    pub(crate) class_auroc: Vec<Option<f64>>,
    pub(crate) macro_auroc: f64,
    pub(crate) macro_average_precision: f64,
    pub(crate) log_loss: f64,
    pub(crate) brier: f64,
    pub(crate) ece: f64,
    pub(crate) temperature: f64,
    pub(crate) temperature_log_loss: f64,
}

#[derive(Deserialize)]
pub(crate) struct ManyLabels {
    pub(crate) labels: usize,
    truth: Vec<u8>,
    pub(crate) scores: Vec<f64>,
    pub(crate) macro_auroc: f64,
    pub(crate) macro_average_precision: f64,
    pub(crate) macro_f1: f64,
    pub(crate) micro_auroc: f64,
    pub(crate) micro_average_precision: f64,
    pub(crate) micro_f1: f64,
    pub(crate) hamming_loss: f64,
    pub(crate) exact_matches: f64,
}

#[derive(Deserialize)]
pub(crate) struct Resamples {
    truth: Vec<u8>,
    pub(crate) scores: Vec<f64>,
    pub(crate) groups: Vec<String>,
    pub(crate) resamples: usize,
    pub(crate) grouped: Ends,
    pub(crate) single: Ends,
}

#[derive(Deserialize)]
pub(crate) struct Ends {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) deviation: f64,
}

impl Binary {
    pub(crate) fn truth(&self) -> Vec<bool> {
        as_bools(&self.truth)
    }
}

impl ManyLabels {
    pub(crate) fn truth(&self) -> Vec<bool> {
        as_bools(&self.truth)
    }
}

impl Resamples {
    pub(crate) fn truth(&self) -> Vec<bool> {
        as_bools(&self.truth)
    }
}

fn as_bools(truth: &[u8]) -> Vec<bool> {
    truth.iter().map(|&truth| truth == 1).collect()
}

pub(crate) fn golden() -> Golden {
    serde_json::from_str(include_str!("../golden/scikit_learn.json")).expect("the script's JSON")
}

/// Equal within 1e-9.
#[track_caller]
pub(crate) fn assert_close(what: &str, found: Option<f64>, expected: f64) {
    let near = found.is_some_and(|found| (found - expected).abs() <= 1e-9);
    assert!(near, "{what}: {found:?}, scikit-learn has {expected}");
}

/// [`assert_close`], where scikit-learn says 0 for what has no value.
#[track_caller]
pub(crate) fn assert_close_or_undefined(what: &str, found: Option<f64>, expected: f64) {
    if found.is_some() || expected != 0.0 {
        assert_close(what, found, expected);
    }
}
