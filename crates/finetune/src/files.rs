//! What a fine-tuning leaves besides its run.

use std::path::{Path, PathBuf};

use resnet_report::csv_line;
use serde::Serialize;

use crate::saved::{as_json, write};
use crate::{Answer, Answers, Findings, FinetuneError, Judgement};

/// Writes `predictions.csv` into `folder`: [`predictions_table`] of the validation and the test images. The file is there
/// whole or not at all.
///
/// # Errors
/// [`FinetuneError::Write`] if the system refuses.
pub fn write_predictions(findings: &Findings, folder: &Path) -> Result<PathBuf, FinetuneError> {
    let splits = [("validation", &findings.validation), ("test", &findings.test)];
    let table = predictions_table(&splits, &findings.judgements);
    write(&folder.join("predictions.csv"), &table)
}

/// A CSV file with a line for each image of these splits: split, place, group, true class, answer by what the judgements say
/// was chosen, and the probability of each class; where images have several labels, for each of them whether it is true (empty
/// if that is not known), the answer (1 or 0) and its probability.
#[must_use]
pub fn predictions_table(splits: &[(&str, &Answers)], judgements: &[Judgement]) -> String {
    let mut text = splits.first().map_or_else(String::new, |(_, answers)| csv_line(head(answers)));
    for (split, answers) in splits {
        for answer in &answers.answers {
            let group = answer.group.clone().unwrap_or_default();
            let place = [(*split).to_owned(), answer.place.clone(), group];
            text += &csv_line(place.into_iter().chain(said(judgements, answers, answer)));
        }
    }
    text
}

fn head(answers: &Answers) -> Vec<String> {
    let mut head = ["split", "place", "group"].map(str::to_owned).to_vec();
    if answers.is_multi_label() {
        let of_label =
            |name: &String| [name.clone(), format!("said({name})"), format!("p({name})")];
        head.extend(answers.classes.iter().flat_map(of_label));
    } else {
        head.extend(["truth", "answer"].map(str::to_owned));
        head.extend(answers.classes.iter().map(|class| format!("p({class})")));
    }
    head
}

/// Truth, answer and probabilities.
fn said(judgements: &[Judgement], answers: &Answers, answer: &Answer) -> Vec<String> {
    let probabilities = &answer.probabilities;
    if !answers.is_multi_label() {
        let said = judgements[0].class_of(probabilities);
        let names = [answer.truth, said].map(|class| answers.classes[class].clone());
        return names.into_iter().chain(probabilities.iter().map(f64::to_string)).collect();
    }
    let of_label = |(label, &yes): (usize, &f64)| {
        let said = judgements[label].class_of(&[1.0 - yes, yes]);
        [answers.truth_of(answer, label), said.to_string(), yes.to_string()]
    };
    probabilities.iter().enumerate().flat_map(of_label).collect()
}

/// Writes `findings.json` into `folder`: everything that was found out, for other programs.
///
/// # Errors
/// [`FinetuneError::Write`] if the system refuses.
pub fn write_findings(findings: &impl Serialize, folder: &Path) -> Result<PathBuf, FinetuneError> {
    let path = folder.join("findings.json");
    write(&path, &as_json(findings, &path)?)
}
