//! From pictures of one's own to a network and an honest account of how good it is.
//!
//! [`finetune`] does all of it: it divides a data set, looks at every image before training starts, chooses a
//! recipe that fits, trains, chooses a threshold on validation images and judges it on test images that
//! nothing was chosen on. [`cross_validate`] does so for each fold. Its parts can be used on their own:
//!
//! | | |
//! |---|---|
//! | [`prepare`] | all of it before training: a data set that nothing speaks against |
//! | [`with_all_splits`] | training, validation and test images of any data set |
//! | [`Facts`] | what the images are; everything that is wrong with them, at once |
//! | [`recipe_for`] | every number of the training, from the images and a [`Plan`] |
//! | [`fit()`] | training, from scratch or from pretrained weights |
//! | [`Answers`] | probabilities and truth, image by image |
//! | [`Choices`] | threshold and temperature, from validation images |
//! | [`judge()`] | figures with intervals, subgroups, by what was chosen; [`judge_all`]: of each of several labels |
//! | [`report()`] | all of it as one HTML file |
//!
//! ```no_run
//! use std::path::Path;
//! use resnet_data::{Dataset, DatasetOptions, GroupBy};
//! use resnet_finetune::{Plan, finetune};
//! use resnet_recipe::Fanout;
//! use resnet_train::device::{DeviceChoice, choose};
//! use resnet_train::run::RunOptions;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let options = DatasetOptions { group: Some(GroupBy::NameUntil('_')), ..DatasetOptions::default() };
//! let xrays = Dataset::open(Path::new("xrays"), &options)?;
//! let chosen = choose(DeviceChoice::Auto)?;
//! let run = RunOptions::new("runs/xrays");
//! let findings = finetune(&xrays, &Plan::default(), &run, &chosen, &mut Fanout::default())?;
//! println!("AUROC: {:?}", findings.judgement().value(resnet_metrics::Metric::Auroc));
//! # Ok(())
//! # }
//! ```

#![warn(missing_docs)]

mod choice;
mod choices;
mod error;
mod facts;
mod files;
mod findings;
mod fit;
mod folds;
mod imbalance;
mod judge;
mod notes;
mod overall;
mod plan;
mod prepared;
mod recipe;
mod report;
mod saved;
mod showcase;
mod splits;

pub use choice::{Choice, Operating};
pub use choices::Choices;
pub use error::FinetuneError;
pub use facts::Facts;
pub use files::{predictions_table, write_findings, write_predictions};
pub use findings::{Findings, finetune};
pub use fit::{Fitted, fit};
pub use folds::{CrossValidation, Spread, cross_validate, prepare_folds, run_folds};
pub use imbalance::Imbalance;
pub use judge::{Judgement, judge, judge_all};
pub use overall::{OverallFigure, overall};
pub use plan::{Freeze, Plan};
pub use prepared::{Prepared, prepare};
pub use recipe::recipe_for;
pub use report::{
    LabelResults, folds_report, label_sections, report, write_folds_report, write_report,
};
pub use resnet_train::report::{Answer, Answers};
pub use showcase::{Mistake, mistakes};
pub use splits::with_all_splits;
