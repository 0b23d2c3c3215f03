//! `report.html`: everything that was found out, for people.

mod data;
mod figures;
mod labels;
mod model;

use std::path::{Path, PathBuf};

use resnet_report::{Block, Cell, Report, Section, Table, rounded, sections};
use resnet_train::report::{Shown, figures as pictures, training_curves};

use crate::fit::split;
use crate::{CrossValidation, Findings, FinetuneError, Mistake, Spread, mistakes};
use figures::Question;
pub use labels::{LabelResults, label_sections};

/// Mistakes that are shown.
const MOST_MISTAKES: usize = 12;

/// What stands above every report.
const NOTICE: &str = "Not a medical device. These figures are of one network on the images named below; they say \
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

/// The folds of a cross-validation side by side as one static HTML file: each figure's mean and spread.
#[must_use]
pub fn folds_report(validated: &CrossValidation, title: &str) -> Report {
    let folds = validated.folds.len();
    let mut head = vec!["Figure".to_owned(), "Mean".to_owned(), "Deviation".to_owned()];
    head.extend((1..=folds).map(|number| format!("Fold {number}")));
    let mut table = Table::new(format!("Test images of {folds} folds, each image in one"), head);
    for Spread { label, metric, mean, deviation, values } in &validated.spreads {
        let numbers = [*mean, *deviation].into_iter().chain(values.iter().copied());
        let cells = numbers.map(|number| Cell::number(rounded(Some(number))));
        let label = label.as_ref().map_or_else(String::new, |label| format!("{label}: "));
        let name = label + metric.name();
        table.push([name.into()].into_iter().chain(cells).collect());
    }
    let note = "Each fold has a report of its own in its folder. The deviation is that over the folds; it tells how much \
         depends on the split, and is no interval for the mean.";
    let mut report = Report::new(format!("{title}: {folds} folds")).with_subtitle(NOTICE);
    report.push(Section::new("Folds").with(table).with(Block::Text(note.to_owned())));
    report
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
