//! The networks of a cross-validation side by side.

use resnet_report::{Block, Cell, Report, Section, Table, grouped, rounded};

use super::NOTICE;
use crate::{CrossValidation, Spread};

/// The folds of a cross-validation side by side as one static HTML file: each figure's mean and spread.
#[must_use]
pub fn folds_report(validated: &CrossValidation, title: &str) -> Report {
    let folds = validated.folds.len();
    let mut head = vec!["Figure".to_owned(), "Mean".to_owned(), "Deviation".to_owned()];
    head.extend((1..=folds).map(|number| format!("Fold {number}")));
    let mut table = Table::new(format!("Test images of {folds} folds, each image in one"), head);
    for spread in &validated.spreads {
        let Spread { mean, deviation, values, .. } = spread;
        let numbers = [*mean, *deviation].into_iter().chain(values.iter().copied());
        let cells = numbers.map(|number| Cell::number(rounded(Some(number))));
        table.push([spread.name().into()].into_iter().chain(cells).collect());
    }
    let note = "Each fold has a report of its own in its folder. The deviation is that over the folds; it tells how much \
         depends on the split, and is no interval for the mean.";
    let mut report = Report::new(format!("{title}: {folds} folds")).with_subtitle(NOTICE);
    report.push(Section::new("Figures").with(table).with(Block::Text(note.to_owned())));
    report.push(Section::new("Images").with(images(validated)));
    report.push(together(validated));
    report
}

/// What each fold was trained, watched and tested on.
fn images(validated: &CrossValidation) -> Table {
    let head = ["Fold", "Training", "Validation", "Test", "Steps to the best weights"];
    let mut table = Table::new("Images of each fold", head);
    for (number, fold) in (1..).zip(&validated.folds) {
        let steps = fold.fitted.outcome.best.map_or(0, |best| best.step);
        let counts = [
            fold.facts.train().images,
            fold.validation.answers.len() as u64,
            fold.test.answers.len() as u64,
            steps,
        ];
        let cells = counts.map(|count| Cell::number(grouped(count as usize)));
        table.push([Cell::from(number.to_string())].into_iter().chain(cells).collect());
    }
    table
}

/// How the networks answer together.
fn together(validated: &CrossValidation) -> Section {
    let text = "The networks can answer together, by the mean of their probabilities. The threshold for that is \
                chosen on the validation images of all folds, each of which one network answered that had not \
                learned from it. Most of them have learned from each of these images, so judge them together on \
                others.";
    let section = Section::new("Together").with(Block::Text(text.to_owned()));
    let with = |section: Section, note| section.with(Block::Text(note));
    validated.choices.notes().into_iter().fold(section, with)
}
