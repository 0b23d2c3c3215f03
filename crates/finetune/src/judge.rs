//! How good a network is on images that nothing was chosen on.

use resnet_metrics::{
    Confusion, Metric, Predictions, Subgroup, Summary, SummaryOptions, Temperature,
};
use serde::{Deserialize, Serialize};

use crate::{Answers, Choice, Choices, FinetuneError, Operating, Plan};

/// What was chosen on the validation images, and how good that is on the test images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// The label that is asked for, where images have several: class 1 is that it is true.
    pub label: Option<String>,
    /// The threshold, where there is a positive class.
    pub operating: Option<Operating>,
    /// What makes the probabilities as high as they come true on the validation images; `None` where no
    /// number does.
    pub temperature: Option<f64>,
    /// Figures on the test images, with intervals.
    pub test: Summary,
    /// The same with probabilities at that temperature: the ranks are the same, so only calibration, log
    /// loss and Brier score differ.
    pub calibrated: Option<Summary>,
    /// Figures of parts of the test images; empty without a column of subgroups.
    pub subgroups: Vec<Subgroup>,
    /// Test images of each class that were taken for each.
    pub confusion: Confusion,
}

/// Judges the answers to one question about test images by what was chosen.
///
/// # Errors
/// [`FinetuneError::Metrics`] if there are no answers.
pub fn judge(test: &Answers, choice: &Choice, plan: &Plan) -> Result<Judgement, FinetuneError> {
    let Choice { label, operating, temperature } = choice.clone();
    let predictions = test.predictions()?;
    let options = choice.summary_options(plan);
    let groups = test.groups();
    let subgroups = match test.subgroups() {
        Some(names) => Summary::by_subgroup(&predictions, &names, &groups, &options)?,
        None => Vec::new(),
    };
    let calibrated = temperature.map(|temperature| calibrated(test, temperature, &options));
    Ok(Judgement {
        label,
        test: Summary::new(&predictions, &groups, &options)?,
        calibrated: calibrated.transpose()?,
        temperature,
        subgroups,
        confusion: predictions.confusion(choice.decision(predictions.classes())),
        operating,
    })
}

/// [`judge`] for images of one class each; where they have several labels, each by itself.
///
/// # Errors
/// As [`judge`].
pub fn judge_all(
    test: &Answers,
    choices: &Choices,
    plan: &Plan,
) -> Result<Vec<Judgement>, FinetuneError> {
    let questions = choices.questions.iter().enumerate();
    let judged = |(number, choice)| match test.is_multi_label() {
        true => judge(&test.question(number), choice, plan),
        false => judge(test, choice, plan),
    };
    questions.map(judged).collect()
}

fn calibrated(
    test: &Answers,
    temperature: f64,
    options: &SummaryOptions,
) -> Result<Summary, FinetuneError> {
    let classes = test.classes.len();
    let rows = Temperature::new(temperature)?.probabilities(classes, &test.logits());
    let predictions = Predictions::new(classes, rows, test.truth())?;
    // The threshold is one of uncalibrated probabilities.
    let options = SummaryOptions { threshold: 0.5, ..options.clone() };
    Ok(Summary::new(&predictions, &test.groups(), &options)?)
}

impl Judgement {
    /// A figure on the test images.
    #[must_use]
    pub fn value(&self, metric: Metric) -> Option<f64> {
        self.test.get(metric)?.value
    }

    /// The number of the class that an image with these probabilities is taken for.
    #[must_use]
    pub fn class_of(&self, probabilities: &[f64]) -> usize {
        let decision = Operating::decision(self.operating.as_ref(), probabilities.len());
        decision.class(probabilities)
    }
}
