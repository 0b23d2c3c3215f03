//! A look at everything before hours are spent on training.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::findings::{Finding, Severity};
use super::labels::{contradict, label_findings};
use super::{InspectError, InspectOptions, InspectSplit, Progress, Report, inspect};
use crate::dataset::Dataset;

/// What [`check_for_training`] found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// What the data set holds.
    pub report: Report,
    /// Everything that is wrong, one by one.
    pub findings: Vec<Finding>,
}

/// Looks at every image of a data set and lists, all at once, what should be mended before training.
///
/// Open the data set with [`DatasetOptions::leave_out`](crate::DatasetOptions::leave_out), so that lines
/// of a manifest that cannot be used are in the list too.
///
/// # Errors
///
/// If there is no image, or `progress` asks to stop. What is wrong with the images is no error.
pub fn check_for_training(
    dataset: &Dataset,
    options: &InspectOptions,
    progress: &Progress<'_>,
) -> Result<Check, InspectError> {
    let splits = InspectSplit::of(dataset);
    let mut report = inspect(&splits, dataset.classes(), options, progress)?;
    report.left_out = dataset.left_out().to_vec();
    let has_labels = !dataset.labels().is_empty();
    if has_labels {
        let [sets, unknown] = [dataset.label_sets(), dataset.unknown_labels()];
        for same in &mut report.duplicates {
            same.contradicting = contradict(&same.images, &sets, &unknown);
        }
    }
    let mut findings = report.findings();
    if has_labels {
        findings.retain(|finding| !finding.kind.is_about_classes());
        findings.extend(label_findings(&report, dataset));
    }
    Ok(Check { report, findings })
}

impl Check {
    /// What must be mended.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity == Severity::Error)
    }

    /// What whoever trains should know.
    pub fn warnings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity == Severity::Warning)
    }

    /// Whether nothing must be mended.
    pub fn is_ready(&self) -> bool {
        self.errors().next().is_none()
    }
}

/// The list, a line for each finding, errors first; `Nothing is wrong.` if there is none.
impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.findings.is_empty() {
            return f.write_str("Nothing is wrong.");
        }
        let parts =
            [("error", self.errors().collect::<Vec<_>>()), ("warning", self.warnings().collect())];
        let lines = parts.iter().flat_map(|(severity, findings)| {
            findings.iter().map(move |finding| format!("{severity}: {finding}."))
        });
        f.write_str(&lines.collect::<Vec<_>>().join("\n"))
    }
}
