//! Networks for images of one class each.

use anyhow::{Context, Result};
use resnet::Chosen;
use resnet::finetuning::{Answers, judge};
use resnet::training::report::{Judged, evaluation_report};

use crate::args::Args;
use crate::{images, networks, output, question, stdout};

/// Judges them.
pub(crate) fn evaluate(args: &Args, chosen: &Chosen) -> Result<()> {
    let (source, names) = images::open(args, &args.split)?;
    let networks = networks::open(args, chosen, names.as_deref())?;
    let ask = |split: &str| -> Result<Answers> {
        let (source, _) = images::open(args, split)?;
        Answers::of(&networks, &source, None).with_context(|| format!("split {split}"))
    };
    let choice = question::choice(args, &networks, ask)?;
    let decision = choice.decision(networks.classes().len());
    let judged = Judged::of(networks.clone(), source, args.subgroup.as_deref())
        .with_context(|| format!("split {}", args.split))?
        .with_decision(decision);
    output::complain(judged.answers());
    let judgement = judge(judged.answers(), &choice, &question::plan(args))?;
    stdout::say(&output::table(&judgement.test))?;
    let notes = judgement.notes(judged.classes());
    notes.iter().try_for_each(|note| stdout::say(&format!("\n{note}")))?;
    let subgroups = args.subgroup.as_deref().map(|column| (column, &judgement.subgroups[..]));
    if let Some((column, subgroups)) = subgroups {
        stdout::say(&output::subgroups(column, subgroups))?;
    }
    let title = format!("{} on {}", judged.recipe().model.name, args.split);
    let folder = args.out();
    let report = evaluation_report(&title, &judged, &judgement.test, &notes, subgroups)?;
    report.write(&folder.join("report.html"))?;
    output::write(&folder, &args.split, &judged, &judgement)?;
    stdout::say(&format!("\nReport: {}", folder.join("report.html").display()))
}
