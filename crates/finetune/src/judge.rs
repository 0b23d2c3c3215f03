//! How good a network is on images that nothing was chosen on.

use resnet_metrics::{
    Bootstrap, Confusion, Metric, OperatingRule, Scored, Subgroup, Summary, SummaryOptions,
    Temperature,
};
use serde::{Deserialize, Serialize};

use crate::{Answers, FinetuneError, Plan};

/// From which probability on an image is taken for positive, and how that was chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Operating {
    /// The class that is asked for.
    pub positive: usize,
    /// The rule.
    pub rule: OperatingRule,
    /// What it says on the validation images.
    pub threshold: f64,
    /// Sensitivity there, 0 to 1.
    pub sensitivity: Option<f64>,
    /// Specificity there, 0 to 1.
    pub specificity: Option<f64>,
}

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

/// Chooses threshold and temperature on `validation` and judges `test`. Without validation images there is
/// no temperature, and the threshold has to be given ([`OperatingRule::Threshold`]).
///
/// # Errors
/// [`FinetuneError::Plan`] if the plan's class or rule cannot be had, [`FinetuneError::Metrics`] if there
/// are no answers.
pub fn judge(
    validation: Option<&Answers>,
    test: &Answers,
    plan: &Plan,
) -> Result<Judgement, FinetuneError> {
    let operating = operating(validation, &test.classes, plan)?;
    let predictions = test.predictions()?;
    let options = summary_options(operating.as_ref(), plan);
    let groups = test.groups();
    let subgroups = match test.subgroups() {
        Some(names) => Summary::by_subgroup(&predictions, &names, &groups, &options)?,
        None => Vec::new(),
    };
    let temperature = validation.and_then(temperature);
    let calibrated = temperature.map(|temperature| calibrated(test, temperature, &options));
    Ok(Judgement {
        label: None,
        test: Summary::new(&predictions, &groups, &options)?,
        calibrated: calibrated.transpose()?,
        temperature: temperature.map(Temperature::value),
        subgroups,
        confusion: confusion(test, operating.as_ref())?,
        operating,
    })
}

/// [`judge`] for images of one class each; where they have several labels, each by itself.
///
/// # Errors
/// As [`judge`].
pub fn judge_all(
    validation: Option<&Answers>,
    test: &Answers,
    plan: &Plan,
) -> Result<Vec<Judgement>, FinetuneError> {
    if !test.is_multi_label() {
        return Ok(vec![judge(validation, test, plan)?]);
    }
    let of_label = |(number, label): (usize, &String)| {
        let plan = Plan { positive: Some(label.clone()), ..plan.clone() };
        let validation = validation.map(|answers| answers.question(number));
        let judgement = judge(validation.as_ref(), &test.question(number), &plan)?;
        Ok(Judgement { label: Some(label.clone()), ..judgement })
    };
    test.classes.iter().enumerate().map(of_label).collect()
}

fn operating(
    validation: Option<&Answers>,
    classes: &[String],
    plan: &Plan,
) -> Result<Option<Operating>, FinetuneError> {
    let Some(positive) = plan.positive_class(classes)? else { return Ok(None) };
    let Some(validation) = validation else {
        let OperatingRule::Threshold(threshold) = plan.operating else {
            let problem =
                "a threshold is chosen on validation images: name some, or give the threshold";
            return Err(FinetuneError::plan("threshold", problem));
        };
        let (rule, sensitivity, specificity) = (plan.operating, None, None);
        return Ok(Some(Operating { positive, rule, threshold, sensitivity, specificity }));
    };
    let scored = validation.predictions()?.one_vs_rest(positive);
    let threshold = scored.threshold(plan.operating).ok_or_else(|| {
        let class = &validation.classes[positive];
        let problem = format!(
            "no threshold can be chosen: the validation images must hold images of {class} and others, \
             and a wanted share lies between 0 and 1"
        );
        FinetuneError::plan("sensitivity", problem)
    })?;
    Ok(Some(Operating::at(positive, plan.operating, threshold, &scored)))
}

impl Operating {
    fn at(positive: usize, rule: OperatingRule, threshold: f64, scored: &Scored) -> Self {
        let counts = scored.counts_at(threshold);
        let (sensitivity, specificity) = (counts.sensitivity(), counts.specificity());
        Self { positive, rule, threshold, sensitivity, specificity }
    }

    /// Whether an image with these probabilities is taken for positive.
    #[must_use]
    pub fn says_positive(&self, probabilities: &[f64]) -> bool {
        probabilities[self.positive] >= self.threshold
    }
}

fn summary_options(operating: Option<&Operating>, plan: &Plan) -> SummaryOptions {
    SummaryOptions {
        positive: operating.map(|operating| operating.positive),
        threshold: operating.map_or(0.5, |operating| operating.threshold),
        prevalence: plan.prevalence,
        bootstrap: Some(Bootstrap { seed: plan.seed, ..Bootstrap::default() }),
        ..SummaryOptions::default()
    }
}

/// None if every validation image is right or they are no better than chance.
fn temperature(validation: &Answers) -> Option<Temperature> {
    Temperature::fit(validation.classes.len(), &validation.logits(), &validation.truth()).ok()
}

fn calibrated(
    test: &Answers,
    temperature: Temperature,
    options: &SummaryOptions,
) -> Result<Summary, FinetuneError> {
    let classes = test.classes.len();
    let rows = temperature.probabilities(classes, &test.logits());
    let predictions = resnet_metrics::Predictions::new(classes, rows, test.truth())?;
    // The threshold is one of uncalibrated probabilities.
    let options = SummaryOptions { threshold: 0.5, ..options.clone() };
    Ok(Summary::new(&predictions, &test.groups(), &options)?)
}

/// With a threshold, the two classes as it tells them apart; else the most probable class.
fn confusion(test: &Answers, operating: Option<&Operating>) -> Result<Confusion, FinetuneError> {
    match operating.filter(|_| test.classes.len() == 2) {
        None => Ok(test.predictions()?.confusion()),
        Some(operating) => {
            let (positive, negative) = (operating.positive, 1 - operating.positive);
            let answers = test.answers.iter().map(|answer| {
                let is_positive = operating.says_positive(&answer.probabilities);
                if is_positive { positive } else { negative }
            });
            Ok(Confusion::new(2, &test.truth(), &answers.collect::<Vec<_>>())?)
        }
    }
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
        let most =
            |best, class| if probabilities[class] > probabilities[best] { class } else { best };
        let most_probable = || (0..probabilities.len()).fold(0, most);
        match &self.operating {
            Some(operating) if probabilities.len() == 2 => {
                if operating.says_positive(probabilities) {
                    operating.positive
                } else {
                    1 - operating.positive
                }
            }
            _ => most_probable(),
        }
    }
}
