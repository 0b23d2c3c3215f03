//! The names of figures.

use serde::{Deserialize, Serialize};

/// A figure of a [`Summary`](crate::Summary).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Metric {
    /// Area under the ROC curve; of several classes the mean of one against the rest.
    Auroc,
    /// Average precision; of several classes the mean of one against the rest.
    AveragePrecision,
    /// Share of right answers.
    Accuracy,
    /// Share of examples whose class is among the five most probable.
    Top5,
    /// Mean over classes of the share that is found.
    BalancedAccuracy,
    /// Share of the positives that are found.
    Sensitivity,
    /// Share of the negatives that are left alone.
    Specificity,
    /// Share of positive answers that are right, in this mix.
    Ppv,
    /// Share of negative answers that are right, in this mix.
    Npv,
    /// [`Metric::Ppv`] at the stated prevalence.
    PpvAtPrevalence,
    /// [`Metric::Npv`] at the stated prevalence.
    NpvAtPrevalence,
    /// Share of answers that are right, mean over classes.
    MacroPrecision,
    /// Harmonic mean of precision and recall; of several classes their mean.
    F1,
    /// Matthews' correlation.
    Mcc,
    /// Cohen's kappa.
    Kappa,
    /// Quadratic kappa.
    QuadraticKappa,
    /// Brier score.
    Brier,
    /// Log loss, in nats.
    LogLoss,
    /// Expected calibration error.
    CalibrationError,
}

impl Metric {
    /// What people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.words().0
    }

    /// What it means, in a sentence without a full stop.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        self.words().1
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Auroc => {
                ("AUROC", "chance that a positive example scores higher than a negative one")
            }
            Self::AveragePrecision => {
                ("Average precision", "area under the precision-recall curve")
            }
            Self::Accuracy => ("Accuracy", "share of right answers"),
            Self::Top5 => {
                ("Top-5 accuracy", "share of examples whose class is among the five most probable")
            }
            Self::BalancedAccuracy => {
                ("Balanced accuracy", "share that is found, mean over classes")
            }
            Self::Sensitivity => ("Sensitivity", "share of the positives that are found (recall)"),
            Self::Specificity => ("Specificity", "share of the negatives that are left alone"),
            Self::Ppv => {
                ("PPV", "share of positive answers that are right in this mix (precision)")
            }
            Self::Npv => ("NPV", "share of negative answers that are right in this mix"),
            Self::PpvAtPrevalence => ("PPV at prevalence", "the same at the stated prevalence"),
            Self::NpvAtPrevalence => ("NPV at prevalence", "the same at the stated prevalence"),
            Self::MacroPrecision => {
                ("Precision", "share of answers that are right, mean over classes")
            }
            Self::F1 => ("F1", "harmonic mean of precision and recall"),
            Self::Mcc => ("MCC", "Matthews' correlation of answers and truth, -1 to 1"),
            Self::Kappa => ("Cohen's kappa", "agreement of answers and truth beyond chance"),
            Self::QuadraticKappa => {
                ("Quadratic kappa", "the same for grades, far errors counting more")
            }
            Self::Brier => ("Brier score", "squared distance of probability and truth, 0 is best"),
            Self::LogLoss => {
                ("Log loss", "surprise at the truth in nats, 0 is best (cross-entropy)")
            }
            Self::CalibrationError => {
                ("Calibration error", "mean distance of probability and frequency (ECE), 0 is best")
            }
        }
    }
}
