//! `report.html`: everything that was found out, for people.

mod data;
mod figures;
mod folds;
mod labels;
mod model;

use std::path::{Path, PathBuf};

use resnet_report::{Block, Report, Section, sections};
use resnet_train::report::{Shown, figures as pictures, training_curves};

use crate::fit::split;
use crate::{CrossValidation, Findings, FinetuneError, Mistake, mistakes};
use figures::Question;
pub use folds::folds_report;
pub use labels::{LabelResults, label_sections};

/// Mistakes that are shown.
const MOST_MISTAKES: usize = 12;

/// What stands above every report.
const NOTICE: &str = "Not a medical device. These figures are of what was trained, on the images named below; they say \
     nothing about other scanners, places or people.";

/// Everything that was found out as one static HTML file: figures with intervals, curves, the worst
/// mistakes, what the images are and whether parts are apart, the recipe and the model card.
///
/// # Errors
/// [`FinetuneError`] if an image cannot be read any more.
pub fn report(findings: &Findings, title: &str) -> Result<Report, FinetuneError> {
    let mut report = Report::new(title).with_subtitle(NOTICE);
    let results = match findings.test.is_multi_label() {
        true => label_sections(&LabelResults {
            judgements: &findings.judgements,
            overall: &findings.overall,
            test: &findings.test,
            subgroup: findings.plan.subgroup.as_deref(),
        })?,
        false => of_classes(findings)?,
    };
    results.into_iter().for_each(|section| report.push(section));
    report.push(worst(findings)?);
    report.push(data::card(findings).section());
    report.push(training_curves(&findings.model_dir)?.section());
    report.push(sections::recipe(findings.recipe.to_toml()));
    report.push(model::card(findings).section());
    report.push(Section::new("Environment").with(Block::Facts(sections::machine())));
    Ok(report)
}

/// The figures where each image has one class.
fn of_classes(findings: &Findings) -> Result<Vec<Section>, FinetuneError> {
    let Findings { validation, test, plan, .. } = findings;
    let question = Question { judgement: findings.judgement(), validation: Some(validation), test };
    let mut all = vec![
        question.headline(),
        question.measures("Figures"),
        question.curves()?,
        sections::confusion(&findings.judgement().confusion, &test.classes),
        question.per_class()?,
    ];
    all.extend(plan.subgroup.as_deref().and_then(|column| question.subgroups(column)));
    Ok(all)
}

/// Writes [`report`] as `report.html` into `folder`.
///
/// # Errors
/// As [`report`], and [`FinetuneError::Write`] if the system refuses.
pub fn write_report(
    findings: &Findings,
    title: &str,
    folder: &Path,
) -> Result<PathBuf, FinetuneError> {
    write(&report(findings, title)?, folder)
}

/// The worst mistakes, each beside what spoke for it.
fn worst(findings: &Findings) -> Result<Section, FinetuneError> {
    let section = Section::new("Worst mistakes");
    let mistakes = mistakes(&findings.judgements, &findings.test, MOST_MISTAKES);
    if mistakes.is_empty() {
        return Ok(section.with(Block::Text("There are none among the test images.".to_owned())));
    }
    let text = "The test images whose true class the network found least probable, as it saw them, and beside each \
         what spoke for its answer (Grad-CAM: yellow speaks most). A heat map shows where the network looked, \
         not why.";
    let shown: Vec<Shown> = mistakes.iter().map(Mistake::shown).collect();
    let images = split(&findings.dataset, "test")?;
    let figures = pictures(&findings.fitted.predictor, &images, &shown)?;
    Ok(section.with(Block::Text(text.to_owned())).with(figures))
}

/// Writes [`folds_report`] as `report.html` into `folder`.
///
/// # Errors
/// [`FinetuneError::Write`] if the system refuses.
pub fn write_folds_report(
    validated: &CrossValidation,
    title: &str,
    folder: &Path,
) -> Result<PathBuf, FinetuneError> {
    write(&folds_report(validated, title), folder)
}

fn write(report: &Report, folder: &Path) -> Result<PathBuf, FinetuneError> {
    let path = folder.join("report.html");
    let written = report.write(&path);
    written.map_err(|error| FinetuneError::Write { path: error.path, source: error.source })?;
    Ok(path)
}
