//! A network for images of which any number of labels may be true.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use resnet::data::{Dataset, DatasetOptions, Source};
use resnet::finetuning::{
    Answers, Judgement, LabelResults, Mistake, OverallFigure, Plan, judge_all, label_sections,
    mistakes, overall,
};
use resnet::metrics::OperatingRule;
use resnet::report::{Report, Section, rounded};
use resnet::training::report::{Shown, figures};
use resnet::{Chosen, Predictor, RunOptions, Trained};

use crate::args::Args;
use crate::{output, question, stdout};

/// Mistakes that are shown.
const MOST_MISTAKES: usize = 12;

/// Everything that is found out about a split.
struct Results {
    test: Answers,
    judgements: Vec<Judgement>,
    overall: Vec<OverallFigure>,
    plan: Plan,
}

/// Judges `trained`, a network for several labels.
pub(crate) fn evaluate(args: &Args, trained: Trained, chosen: &Chosen) -> Result<()> {
    question::check_shares(args)?;
    let title = format!("{} on {}", trained.recipe.model.name, args.split);
    let predictor = Predictor::new(trained).with_workers(RunOptions::new("").workers);
    let labels = predictor.trained().classes.clone();
    let dataset = Dataset::open(args.data(), &DatasetOptions { labels, ..args.dataset_options() })?;
    let results = judge(args, &dataset, &predictor)?;
    stdout::say(&table(&results))?;
    let report = report(args, &dataset, &predictor, &results, &title)?;
    let folder = args.out();
    report.write(&folder.join("report.html"))?;
    write(&folder, &results)?;
    stdout::say(&format!("\nReport: {} ({})", folder.join("report.html").display(), chosen.name))
}

fn judge(args: &Args, dataset: &Dataset, predictor: &Predictor) -> Result<Results> {
    let subgroup = args.subgroup.as_deref();
    let ask = |name: &str| -> Result<Answers> {
        let answers = Answers::of(predictor, &images(dataset, name)?, subgroup)?;
        Ok(answers.with_label_sets(dataset.label_sets()))
    };
    let validation = match &args.choose_on {
        Some(split) => {
            question::check_split(args, split)?;
            Some(ask(split)?)
        }
        None => None,
    };
    let given = OperatingRule::Threshold(args.threshold.unwrap_or(0.5));
    let plan = Plan {
        operating: if validation.is_some() { question::rule(args) } else { given },
        prevalence: args.prevalence,
        seed: args.seed,
        ..Plan::default()
    };
    let test = ask(&args.split)?;
    let judgements = judge_all(validation.as_ref(), &test, &plan)?;
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
    }
    text += "All labels";
    for OverallFigure { name, value, interval, .. } in &results.overall {
        let interval = interval.map_or_else(String::new, |interval| {
            format!("{} to {}", rounded(Some(interval.low)), rounded(Some(interval.high)))
        });
        text += &format!("\n{name:<24} {:>8}  {interval}", rounded(*value));
    }
    text
}

fn report(
    args: &Args,
    dataset: &Dataset,
    predictor: &Predictor,
    results: &Results,
    title: &str,
) -> Result<Report> {
    let Results { test, judgements, overall, .. } = results;
    let subgroup = args.subgroup.as_deref();
    let mut report = Report::new(title);
    let sections = label_sections(&LabelResults { judgements, overall, test, subgroup })?;
    sections.into_iter().for_each(|section| report.push(section));
    let worst = mistakes(judgements, test, MOST_MISTAKES);
    let shown: Vec<Shown> = worst.iter().map(Mistake::shown).collect();
    if !shown.is_empty() {
        let pictures = figures(predictor, &images(dataset, &args.split)?, &shown)?;
        report.push(Section::new("Worst mistakes").with(pictures));
    }
    Ok(report)
}

/// `predictions.csv` and `figures.json`.
fn write(folder: &Path, results: &Results) -> Result<()> {
    let figures = serde_json::json!({
        "judgements": results.judgements,
        "overall": results.overall,
        "plan": results.plan,
    });
    output::place(folder, "figures.json", serde_json::to_string_pretty(&figures)?.as_bytes())?;
    output::place(folder, "predictions.csv", csv(results).as_bytes())
}

/// A row for each image: where it lies, its group, and for each label whether it is true and how
/// probable that is.
fn csv(Results { test, .. }: &Results) -> String {
    let head = ["image", "group"].map(str::to_owned).into_iter();
    let of_label = |name: &String| [name.clone(), format!("p({name})")];
    let mut text = output::line(head.chain(test.classes.iter().flat_map(of_label)));
    for answer in &test.answers {
        let place = [answer.place.clone(), answer.group.clone().unwrap_or_default()];
        let of_label = |(label, probability): (usize, &f64)| {
            [u8::from(test.is_true(answer, label)).to_string(), probability.to_string()]
        };
        let said = answer.probabilities.iter().enumerate().flat_map(of_label);
        text += &output::line(place.into_iter().chain(said));
    }
    text
}
