//! What a fine-tuning leaves besides its run.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::saved::{as_json, write};
use crate::{Answer, Answers, Findings, FinetuneError};

/// Writes `predictions.csv` into `folder`: a line for each validation and test image with its place, group,
/// true class, answer, and the probability of each class; where images have several labels, for each of
/// them whether it is true (empty if that is not known), the answer (1 or 0) and its probability. The file is there whole or not at
/// all.
///
/// # Errors
/// [`FinetuneError::Write`] if the system refuses.
pub fn write_predictions(findings: &Findings, folder: &Path) -> Result<PathBuf, FinetuneError> {
    let mut text = row(head(findings));
    for (split, answers) in [("validation", &findings.validation), ("test", &findings.test)] {
        for answer in &answers.answers {
            let group = answer.group.clone().unwrap_or_default();
            let place = [split.to_owned(), answer.place.clone(), group];
            text += &row(place.into_iter().chain(said(findings, answers, answer)));
        }
    }
    write(&folder.join("predictions.csv"), &text)
}

fn head(findings: &Findings) -> Vec<String> {
    let Answers { classes, .. } = &findings.test;
    let mut head = ["split", "place", "group"].map(str::to_owned).to_vec();
    if findings.test.is_multi_label() {
        let of_label =
            |name: &String| [name.clone(), format!("said({name})"), format!("p({name})")];
        head.extend(classes.iter().flat_map(of_label));
    } else {
        head.extend(["truth", "answer"].map(str::to_owned));
        head.extend(classes.iter().map(|class| format!("p({class})")));
    }
    head
}

/// Truth, answer and probabilities.
fn said(findings: &Findings, answers: &Answers, answer: &Answer) -> Vec<String> {
    let probabilities = &answer.probabilities;
    if !answers.is_multi_label() {
        let said = findings.judgement().class_of(probabilities);
        let names = [answer.truth, said].map(|class| answers.classes[class].clone());
        return names.into_iter().chain(probabilities.iter().map(f64::to_string)).collect();
    }
    let of_label = |(label, &yes): (usize, &f64)| {
        let said = findings.judgements[label].class_of(&[1.0 - yes, yes]);
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

/// A line of a CSV file (RFC 4180).
fn row(fields: impl IntoIterator<Item = String>) -> String {
    let quoted = |field: String| match field.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field,
    };
    fields.into_iter().map(quoted).collect::<Vec<_>>().join(",") + "\n"
}
