//! What a fine-tuning leaves besides its run.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::{Answers, Findings, FinetuneError};

/// Writes `predictions.csv` into `folder`: a line for each validation and test image with its place, group,
/// true class, answer, and the probability of each class. The file is there whole or not at all.
///
/// # Errors
/// [`FinetuneError::Write`] if the system refuses.
pub fn write_predictions(findings: &Findings, folder: &Path) -> Result<PathBuf, FinetuneError> {
    let classes = &findings.test.classes;
    let mut text = "split,place,group,truth,answer".to_owned();
    for class in classes {
        text += &format!(",{}", field(&format!("p({class})")));
    }
    text.push('\n');
    for (split, answers) in [("validation", &findings.validation), ("test", &findings.test)] {
        lines(&mut text, split, answers, findings);
    }
    write(&folder.join("predictions.csv"), &text)
}

fn lines(text: &mut String, split: &str, answers: &Answers, findings: &Findings) {
    let class = |number: usize| field(&answers.classes[number]);
    for answer in &answers.answers {
        let place = field(&answer.place);
        let group = field(answer.group.as_deref().unwrap_or_default());
        let said = findings.judgement.class_of(&answer.probabilities);
        let (truth, said) = (class(answer.truth), class(said));
        write!(text, "{split},{place},{group},{truth},{said}").expect("a String takes any text");
        for probability in &answer.probabilities {
            write!(text, ",{probability}").expect("a String takes any text");
        }
        text.push('\n');
    }
}

/// Writes `findings.json` into `folder`: everything that was found out, for other programs.
///
/// # Errors
/// [`FinetuneError::Write`] if the system refuses.
pub fn write_findings(findings: &impl Serialize, folder: &Path) -> Result<PathBuf, FinetuneError> {
    let path = folder.join("findings.json");
    let failed = |error: serde_json::Error| FinetuneError::Write {
        path: path.clone(),
        source: error.into(),
    };
    let text = serde_json::to_string_pretty(findings).map_err(failed)?;
    write(&path, &text)
}

/// A field of a CSV file (RFC 4180).
fn field(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

pub(crate) fn write(path: &Path, text: &str) -> Result<PathBuf, FinetuneError> {
    let failed = |source| FinetuneError::Write { path: path.to_owned(), source };
    resnet_models::tensors::replace(path, text.as_bytes()).map_err(failed)?;
    Ok(path.to_owned())
}
