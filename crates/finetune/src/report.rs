//! `report.html`: everything that was found out, for people.

mod data;
mod figures;
mod model;

use std::path::{Path, PathBuf};

use resnet_report::{Block, Figure, Picture, Report, Section, sections};

use crate::{Findings, FinetuneError, Mistake, mistakes};

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
    report.push(figures::headline(findings));
    report.push(figures::measures(findings));
    report.push(figures::curves(findings)?);
    report.push(sections::confusion(&findings.judgement.confusion, &findings.test.classes));
    report.push(figures::per_class(findings)?);
    if let (Some(column), subgroups @ [_, ..]) =
        (&findings.plan.subgroup, findings.judgement.subgroups.as_slice())
    {
        report.push(figures::subgroups(column, subgroups));
    }
    report.push(worst(&mistakes(findings, MOST_MISTAKES)?, &findings.test.classes));
    report.push(data::card(findings).section());
    report.push(data::training(findings).section());
    report.push(sections::recipe(findings.recipe.to_toml()));
    report.push(model::card(findings).section());
    report.push(Section::new("Environment").with(Block::Facts(sections::machine())));
    Ok(report)
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
    let path = folder.join("report.html");
    let written = report(findings, title)?.write(&path);
    written.map_err(|error| FinetuneError::Write { path: error.path, source: error.source })?;
    Ok(path)
}

fn worst(mistakes: &[Mistake], classes: &[String]) -> Section {
    let section = Section::new("Worst mistakes");
    if mistakes.is_empty() {
        return section.with(Block::Text("There are none among the test images.".to_owned()));
    }
    let text = "The test images whose true class the network found least probable, as it saw them.";
    let figures = mistakes.iter().filter_map(|mistake| figure(mistake, classes)).collect();
    section.with(Block::Text(text.to_owned())).with(Block::Gallery(figures))
}

fn figure(Mistake { answer, said, image }: &Mistake, classes: &[String]) -> Option<Figure> {
    let (truth, said) = (&classes[answer.truth], &classes[*said]);
    let name = Path::new(&answer.place).file_name();
    let name = name.map_or(answer.place.clone(), |name| name.to_string_lossy().into_owned());
    let probability = answer.probabilities[answer.truth];
    let line = format!("{truth} (probability {probability:.3}), taken for {said}");
    let figure =
        Figure::new(Picture::new(image.clone()).ok()?, format!("{truth}, taken for {said}"));
    Some(figure.with_line(name).with_line(line))
}
