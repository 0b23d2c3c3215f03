//! The result, as text.

use std::path::PathBuf;

use resnet::finetuning::{Answers, CrossValidation, Facts, Findings, Judgement};
use resnet::metrics::{Interval, Measure, Summary};
use resnet::report::{ranged, rounded};

use crate::stdout::say;

/// What cannot be said stops no work: `metrics.jsonl`, the report and the other files hold it all.
pub(crate) fn tell(text: &str) {
    drop(say(text));
}

/// What should be known before training.
pub(crate) fn warnings(facts: &Facts) {
    let train = facts.train();
    tell(&format!(
        "Looked at every image: {} to train on, {} classes.",
        train.images,
        facts.check.report.classes.len()
    ));
    for warning in facts.check.warnings() {
        tell(&format!("warning: {warning}."));
    }
}

/// What was found, in a table.
pub(crate) fn findings(findings: &Findings) {
    tell("");
    for judgement in &findings.judgements {
        figures(judgement, &findings.test);
    }
    if !findings.overall.is_empty() {
        tell("\nAll labels:");
        for figure in &findings.overall {
            tell(&format!("  {}", line(&figure.name, figure.value, figure.interval)));
        }
    }
    tell("");
}

/// One question: which class, or whether a label is true.
fn figures(judgement: &Judgement, test: &Answers) {
    let Summary { examples, groups, .. } = judgement.test;
    if let Some(label) = &judgement.label {
        tell(&format!("\nLabel {label}:"));
    }
    tell(&format!(
        "{examples} test images of {groups} groups, with 95 % intervals resampled by group:"
    ));
    for measure in &judgement.test.measures {
        tell(&format!("  {}", of_measure(measure)));
    }
    for note in judgement.notes(&test.classes) {
        tell(&note);
    }
    for subgroup in &judgement.subgroups {
        let first = subgroup.summary.measures.iter().take(4);
        let figures: Vec<String> = first.map(of_measure).collect();
        let (name, images) = (&subgroup.name, subgroup.summary.examples);
        tell(&format!("  {name} ({images} images)\n    {}", figures.join("\n    ")));
    }
}

fn of_measure(Measure { metric, value, interval }: &Measure) -> String {
    line(metric.name(), *value, *interval)
}

fn line(name: &str, value: Option<f64>, interval: Option<Interval>) -> String {
    let text = format!("{name:<20} {}", rounded(value));
    if interval.is_some() { format!("{text}  ({})", ranged(interval)) } else { text }
}

/// The figures over the folds.
pub(crate) fn folds(validated: &CrossValidation) {
    tell(&format!("\n{} folds, mean and standard deviation:", validated.folds.len()));
    for spread in &validated.spreads {
        let name = spread.name();
        tell(&format!("  {name:<20} {:.3} ± {:.3}", spread.mean, spread.deviation));
    }
    tell("");
}

/// Where things lie.
pub(crate) fn files(written: &[PathBuf]) {
    for path in written {
        tell(&format!("Written: {}", path.display()));
    }
}
