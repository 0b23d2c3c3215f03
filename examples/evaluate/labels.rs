//! A network for images of which any number of labels may be true.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use resnet::data::{Dataset, DatasetOptions, Source};
use resnet::finetuning::{
    Answers, Judgement, LabelResults, Mistake, OverallFigure, Plan, judge_all, label_sections,
    mistakes, overall, predictions_table,
};
use resnet::report::{Report, Section, ranged, rounded};
use resnet::training::report::{Shown, figures};
use resnet::{Chosen, Ensemble, Predictor};

use crate::args::Args;
use crate::{networks, output, question, stdout};

/// Mistakes that are shown.
const MOST_MISTAKES: usize = 12;

/// Everything that is found out about a split.
struct Results {
    test: Answers,
    judgements: Vec<Judgement>,
    overall: Vec<OverallFigure>,
    plan: Plan,
}

/// Judges networks for several labels.
pub(crate) fn evaluate(args: &Args, chosen: &Chosen) -> Result<()> {
    let networks = networks::open(args, chosen, None)?;
    let labels = networks.classes().to_vec();
    let dataset =
        Dataset::open(&args.data()?, &DatasetOptions { labels, ..args.dataset_options() })?;
    let results = judge(args, &dataset, &networks)?;
    output::complain(&results.test);
    stdout::say(&table(&results))?;
    let (folder, images) = (args.out(), images(&dataset, &args.split)?);
    let worst = mistakes(&results.judgements, &results.test, MOST_MISTAKES);
    let report = report(args, networks.first(), &results, &images, &worst)?;
    report.write(&folder.join("report.html"))?;
    write(&folder, &args.split, &results)?;
    let worst: Vec<(usize, usize)> =
        worst.iter().map(|mistake| (mistake.answer.image, mistake.explained)).collect();
    if !worst.is_empty() {
        output::worst_errors(&folder, networks.first(), &images, &worst)?;
    }
    stdout::say(&format!("\nReport: {} ({})", folder.join("report.html").display(), chosen.name))
}

fn judge(args: &Args, dataset: &Dataset, networks: &Ensemble) -> Result<Results> {
    let subgroup = args.subgroup.as_deref();
    let ask = |name: &str| -> Result<Answers> {
        let answers = Answers::of(networks, &images(dataset, name)?, subgroup)?;
        Ok(answers.with_labels_of(dataset))
    };
    let choices = question::choices(args, networks, ask)?;
    let (test, plan) = (ask(&args.split)?, question::plan(args));
    let judgements = judge_all(&test, &choices, &plan)?;
    let overall = overall(&test, &judgements, &plan)?;
    Ok(Results { test, judgements, overall, plan })
}

fn images(dataset: &Dataset, name: &str) -> Result<Arc<dyn Source>> {
    let known = || format!("there is no split {name}, but {}", dataset.splits().join(", "));
    dataset.split(name).with_context(known)
}

fn table(results: &Results) -> String {
    let mut text = String::new();
    for judgement in &results.judgements {
        let label = judgement.label.as_deref().unwrap_or_default();
        text += &format!("Label {label}: {}\n\n", output::table(&judgement.test));
        for note in judgement.notes(&results.test.classes) {
            text += &format!("{note}\n\n");
        }
    }
    text += "All labels";
    for OverallFigure { name, value, interval, .. } in &results.overall {
        text += &format!("\n{name:<24} {:>8}  {}", rounded(*value), ranged(*interval));
    }
    text
}

fn report(
    args: &Args,
    predictor: &Predictor,
    results: &Results,
    images: &Arc<dyn Source>,
    worst: &[Mistake],
) -> Result<Report> {
    let Results { test, judgements, overall, .. } = results;
    let subgroup = args.subgroup.as_deref();
    let network = &predictor.trained().recipe.model.name;
    let mut report = Report::new(format!("{network} on {}", args.split));
    let sections = label_sections(&LabelResults { judgements, overall, test, subgroup })?;
    sections.into_iter().for_each(|section| report.push(section));
    let shown: Vec<Shown> = worst.iter().map(Mistake::shown).collect();
    if !shown.is_empty() {
        let pictures = figures(predictor, images, &shown)?;
        report.push(Section::new("Worst mistakes").with(pictures));
    }
    Ok(report)
}

/// `predictions.csv` and `figures.json`.
fn write(folder: &Path, split: &str, results: &Results) -> Result<()> {
    let figures = serde_json::json!({
        "judgements": results.judgements,
        "overall": results.overall,
        "plan": results.plan,
    });
    output::place(folder, "figures.json", serde_json::to_string_pretty(&figures)?.as_bytes())?;
    let table = predictions_table(&[(split, &results.test)], &results.judgements);
    output::place(folder, "predictions.csv", table.as_bytes())
}
