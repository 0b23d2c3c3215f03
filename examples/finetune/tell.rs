//! The result, as text.

use std::path::PathBuf;

use resnet::finetuning::{CrossValidation, Findings, Operating};
use resnet::metrics::{Measure, Summary};

/// What was found, in a table.
pub(crate) fn findings(findings: &Findings) {
    for warning in findings.facts.check.warnings() {
        println!("warning: {warning}");
    }
    println!();
    let Summary { examples, groups, .. } = findings.judgement.test;
    println!("{examples} test images of {groups} groups, with 95 % intervals resampled by group:");
    for measure in &findings.judgement.test.measures {
        println!("  {}", line(measure));
    }
    if let Some(at) = &findings.judgement.operating {
        println!("{}", threshold(at, &findings.test.classes[at.positive]));
    }
    for subgroup in &findings.judgement.subgroups {
        let figures: Vec<String> = subgroup.summary.measures.iter().take(4).map(line).collect();
        let (name, images) = (&subgroup.name, subgroup.summary.examples);
        println!("  {name} ({images} images)\n    {}", figures.join("\n    "));
    }
    println!();
}

fn line(measure: &Measure) -> String {
    let name = measure.metric.name();
    match (measure.value, measure.interval) {
        (None, _) => format!("{name:<20} –"),
        (Some(value), None) => format!("{name:<20} {value:.3}"),
        (Some(value), Some(interval)) => {
            format!("{name:<20} {value:.3}  ({:.3} to {:.3})", interval.low, interval.high)
        }
    }
}

fn threshold(at: &Operating, class: &str) -> String {
    format!(
        "{class} is said from a probability of {:.3} on, chosen on the validation images.",
        at.threshold
    )
}

/// The figures over the folds.
pub(crate) fn folds(validated: &CrossValidation) {
    println!("\n{} folds, mean and standard deviation:", validated.folds.len());
    for spread in &validated.spreads {
        let name = spread.metric.name();
        println!("  {name:<20} {:.3} ± {:.3}", spread.mean, spread.deviation);
    }
    println!();
}

/// Where things lie.
pub(crate) fn files(written: &[PathBuf]) {
    for path in written {
        println!("Written: {}", path.display());
    }
}
