//! How good a classifier is, and how sure that is.
//!
//! | type | what it is made of | what it tells |
//! |---|---|---|
//! | [`Scored`] | a score and a yes or no for each example | AUROC, average precision, curves, operating points |
//! | [`Counts`] | right and wrong answers of a yes-or-no question | sensitivity, PPV at a prevalence, F1, MCC |
//! | [`Predictions`] | a probability of each class for each example | top-k, log loss, Brier, one-vs-rest, macro averages |
//! | [`Confusion`] | how often each class was taken for each | per-class figures, kappas, MCC |
//! | [`Reliability`] | confidences, and whether they came true | calibration error, reliability curve |
//! | [`Temperature`] | logits of a validation set | calibrated probabilities |
//! | [`MultiLabel`] | several yes-or-no questions for each example | macro and micro averages, exact matches |
//! | [`Bootstrap`] | any of these | 95 % intervals, resampled by [`Groups`] |
//! | [`Summary`] | all of them | the table of a report, whole and by subgroup |
//!
//! Values are those of scikit-learn (tests compare to 1e-9). What a set of examples cannot tell is
//! `None`: the AUROC of examples that are all of one class, the precision of a class that nothing was
//! taken for. What is wrong with the input is a [`MetricsError`] that names the example.
//!
//! ```
//! use resnet_metrics::{Bootstrap, Groups, OperatingRule, Scored};
//!
//! # fn main() -> Result<(), resnet_metrics::MetricsError> {
//! let ill = [true, true, false, true, false, false];
//! let scored = Scored::new(&[0.9, 0.8, 0.7, 0.6, 0.3, 0.1], &ill)?;
//! assert_eq!(scored.auroc(), Some(8.0 / 9.0));
//!
//! // A threshold is chosen on validation data and applied to others.
//! let threshold = scored.threshold(OperatingRule::Sensitivity(1.0)).expect("there are ill ones");
//! let counts = scored.counts_at(threshold);
//! assert_eq!(counts.sensitivity(), Some(1.0));
//! assert_eq!(counts.specificity(), Some(2.0 / 3.0));
//! assert_eq!(counts.ppv_at(0.01), Some(0.01 / (0.01 + 0.99 / 3.0)));
//!
//! // Pictures of one patient are drawn together.
//! let patients = Groups::by_name(&["a", "a", "b", "c", "d", "d"]);
//! let auroc = |drawn: &[usize]| scored.resampled(drawn).auroc();
//! let interval = Bootstrap::default().interval(&patients, auroc).expect("most resamples have both");
//! assert!(interval.low <= 8.0 / 9.0 && interval.high <= 1.0);
//! # Ok(())
//! # }
//! ```

#![warn(missing_docs)]

mod bootstrap;
mod calibration;
mod confusion;
mod counts;
mod curves;
mod decision;
mod error;
mod margins;
mod multi_label;
mod operating;
mod predictions;
mod scored;
mod softmax;
mod summary;
mod temperature;

pub use bootstrap::{Bootstrap, Groups, Interval};
pub use calibration::{Reliability, ReliabilityBin};
pub use confusion::Confusion;
pub use counts::Counts;
pub use curves::{PrPoint, RocPoint};
pub use decision::Decision;
pub use error::MetricsError;
pub use multi_label::MultiLabel;
pub use operating::OperatingRule;
pub use predictions::Predictions;
pub use scored::Scored;
pub use softmax::softmax;
pub use summary::{Measure, Metric, Subgroup, Summary, SummaryOptions};
pub use temperature::Temperature;
