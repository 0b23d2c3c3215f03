//! What is chosen on validation images, before anybody looks at test images.

use std::path::Path;

use resnet_metrics::{OperatingRule, Scored, SummaryOptions, Temperature};
use resnet_train::predict::Ensemble;
use serde::{Deserialize, Serialize};

use crate::saved::{as_json, write};
use crate::{Answers, FinetuneError, Plan};

/// The file in a model folder.
const FILE: &str = "thresholds.json";

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

/// What is chosen about one question.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// The label that is asked for, where images have several: class 1 is that it is true.
    pub label: Option<String>,
    /// The threshold, where there is a positive class.
    pub operating: Option<Operating>,
    /// What makes the probabilities as high as they come true on the validation images; `None` where no
    /// number does, or nobody looked.
    pub temperature: Option<f64>,
}

/// What is chosen about a network, or several that answer together: one question of all classes, or one
/// of each label where images have several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choices {
    /// The classes or labels that they tell apart.
    pub classes: Vec<String>,
    /// The questions.
    pub questions: Vec<Choice>,
}

impl Choices {
    /// By the answers about validation images.
    ///
    /// # Errors
    /// [`FinetuneError::Plan`] if the plan's class or rule cannot be had, [`FinetuneError::Metrics`] if there
    /// are no answers.
    pub fn on(validation: &Answers, plan: &Plan) -> Result<Self, FinetuneError> {
        let questions = match validation.is_multi_label() {
            false => vec![Choice::on(validation, plan)?],
            true => of_labels(&validation.classes, |number, label| {
                let plan = Plan { positive: Some(label.to_owned()), ..plan.clone() };
                Choice::on(&validation.question(number), &plan)
            })?,
        };
        Ok(Self { classes: validation.classes.clone(), questions })
    }

    /// The same threshold for each of several labels.
    #[must_use]
    pub fn given(labels: &[String], threshold: f64) -> Self {
        let choice = |label: &String| Choice {
            label: Some(label.clone()),
            ..Choice::given(Some(1), threshold)
        };
        Self { classes: labels.to_vec(), questions: labels.iter().map(choice).collect() }
    }

    /// Writes them into a model folder, as `thresholds.json`, with the sums of the weights that they are of.
    ///
    /// # Errors
    /// [`FinetuneError::Write`] if the system refuses, [`FinetuneError::Train`] if weights cannot be read.
    pub fn write(&self, model_dir: &Path, networks: &Ensemble) -> Result<(), FinetuneError> {
        let path = model_dir.join(FILE);
        let saved = Saved { sha256: sums(networks)?, choices: self.clone() };
        write(&path, &as_json(&saved, &path)?).map(drop)
    }

    /// Those of a model folder for these networks; `None` if nothing was chosen there.
    ///
    /// # Errors
    /// [`FinetuneError::Choices`] if the file cannot be read or is of other weights or classes.
    pub fn read(model_dir: &Path, networks: &Ensemble) -> Result<Option<Self>, FinetuneError> {
        let path = model_dir.join(FILE);
        let failed = |problem| FinetuneError::Choices { path: path.clone(), problem };
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error.to_string())),
        };
        let saved: Saved =
            serde_json::from_slice(&text).map_err(|error| failed(error.to_string()))?;
        if saved.sha256 != sums(networks)? {
            return Err(failed("they are of other weights than those of this folder".to_owned()));
        }
        let read = saved.choices;
        read.check(networks.classes()).map_or(Ok(Some(read)), |problem| Err(failed(problem)))
    }

    /// What keeps these from being of a network for `classes`.
    fn check(&self, classes: &[String]) -> Option<String> {
        let labels = self.questions.iter().filter_map(|choice| choice.label.as_ref());
        let of_labels = self.questions.len() > 1 || labels.clone().count() > 0;
        let fits = self.classes == classes
            && (if of_labels { labels.eq(classes) } else { self.questions.len() == 1 });
        (!fits).then(|| format!("they are of {}", self.classes.join(", ")))
    }
}

/// What the file holds.
#[derive(Serialize, Deserialize)]
struct Saved {
    /// Of the weights of each network.
    sha256: Vec<String>,
    #[serde(flatten)]
    choices: Choices,
}

fn sums(networks: &Ensemble) -> Result<Vec<String>, FinetuneError> {
    Ok(networks.members().map(|network| network.trained().sum()).collect::<Result<_, _>>()?)
}

/// A question of each label, by its number and name.
fn of_labels(
    labels: &[String],
    choice: impl Fn(usize, &str) -> Result<Choice, FinetuneError>,
) -> Result<Vec<Choice>, FinetuneError> {
    let named = |(number, label): (usize, &String)| {
        Ok(Choice { label: Some(label.clone()), ..choice(number, label)? })
    };
    labels.iter().enumerate().map(named).collect()
}

impl Choice {
    /// By the answers to one question about validation images.
    ///
    /// # Errors
    /// As [`Choices::on`].
    pub fn on(validation: &Answers, plan: &Plan) -> Result<Self, FinetuneError> {
        let positive = plan.positive_class(&validation.classes)?;
        let operating = positive.map(|positive| Operating::on(validation, positive, plan));
        // None if every image is right or they are no better than chance.
        let (classes, logits) = (validation.classes.len(), validation.logits());
        let temperature = Temperature::fit(classes, &logits, &validation.truth()).ok();
        Ok(Self {
            label: None,
            operating: operating.transpose()?,
            temperature: temperature.map(Temperature::value),
        })
    }

    /// A threshold that is not chosen on images.
    #[must_use]
    pub fn given(positive: Option<usize>, threshold: f64) -> Self {
        let rule = OperatingRule::Threshold(threshold);
        let at = |positive| Operating {
            positive,
            rule,
            threshold,
            sensitivity: None,
            specificity: None,
        };
        Self { operating: positive.map(at), ..Self::default() }
    }

    /// What a summary is to tell of images judged by this choice.
    #[must_use]
    pub fn summary_options(&self, plan: &Plan) -> SummaryOptions {
        let operating = self.operating.as_ref();
        SummaryOptions {
            positive: operating.map(|operating| operating.positive),
            threshold: operating.map_or(0.5, |operating| operating.threshold),
            prevalence: plan.prevalence,
            ordered: plan.ordered,
            bootstrap: plan.bootstrap(),
            ..SummaryOptions::default()
        }
    }
}

impl Operating {
    /// The threshold that the plan's rule says on the validation images.
    fn on(validation: &Answers, positive: usize, plan: &Plan) -> Result<Self, FinetuneError> {
        let scored = validation.predictions()?.one_vs_rest(positive);
        let threshold = scored.threshold(plan.operating).ok_or_else(|| {
            let class = &validation.classes[positive];
            let problem = format!(
                "no threshold can be chosen: the validation images must hold images of {class} and \
                 others, and a wanted share lies between 0 and 1"
            );
            FinetuneError::plan("sensitivity", problem)
        })?;
        Ok(Self::at(positive, plan.operating, threshold, &scored))
    }

    fn at(positive: usize, rule: OperatingRule, threshold: f64, scored: &Scored) -> Self {
        let counts = scored.counts_at(threshold);
        let (sensitivity, specificity) = (counts.sensitivity(), counts.specificity());
        Self { positive, rule, threshold, sensitivity, specificity }
    }
}
