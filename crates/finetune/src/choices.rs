//! What is chosen about all questions, and the file that keeps it.

use std::path::Path;

use resnet_train::predict::{Ensemble, Prediction};
use serde::{Deserialize, Serialize};

use crate::saved::{as_json, write};
use crate::{Answers, Choice, FinetuneError, Plan};

/// The file in a model folder.
const FILE: &str = "thresholds.json";

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

    /// Whether each question is about a label of its own, of which any number may be true of an image.
    #[must_use]
    pub fn are_of_labels(&self) -> bool {
        self.questions.iter().any(|choice| choice.label.is_some())
    }

    /// The numbers of the classes that an image is taken for: one, or any number of labels; `None` if there is no
    /// answer about it.
    #[must_use]
    pub fn said(&self, prediction: &Prediction) -> Option<Vec<usize>> {
        if !self.are_of_labels() {
            let probabilities = prediction.distribution()?;
            let decision = self.questions.first()?.decision(probabilities.len());
            return Some(vec![decision.class(&probabilities)]);
        }
        let probabilities = prediction.probabilities.as_ref().ok()?;
        let is_said = |(choice, &yes): (&Choice, &f32)| {
            let yes = f64::from(yes);
            choice.decision(2).class(&[1.0 - yes, yes]) == 1
        };
        let said = self.questions.iter().zip(probabilities).map(is_said).enumerate();
        Some(said.filter_map(|(label, is_said)| is_said.then_some(label)).collect())
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
        let fits = self.classes == classes
            && (if self.are_of_labels() { labels.eq(classes) } else { self.questions.len() == 1 });
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
