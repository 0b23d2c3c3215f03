//! What is asked, and where the threshold comes from.

use anyhow::{Context, Result, ensure};
use resnet::Ensemble;
use resnet::finetuning::{Answers, Choice, Choices, Operating, Plan};
use resnet::metrics::OperatingRule;

use crate::args::Args;

/// What the flags say.
pub(crate) fn plan(args: &Args) -> Plan {
    Plan {
        operating: rule(args),
        prevalence: args.prevalence,
        ordered: args.ordered,
        seed: args.seed,
        resamples: args.resamples,
        subgroup: args.subgroup.clone(),
        ..Plan::default()
    }
}

/// Threshold and temperature for images of one class each: from the flags, else as `finetune` has chosen
/// them. `ask` answers about a split.
pub(crate) fn choice(
    args: &Args,
    networks: &Ensemble,
    ask: impl Fn(&str) -> Result<Answers>,
) -> Result<Choice> {
    check_shares(args)?;
    let classes = networks.classes();
    let saved = saved(args, networks)?.and_then(|mut saved| saved.questions.pop());
    let saved = saved.unwrap_or_default();
    let named = args.positive.as_deref().map(|name| class(name, classes)).transpose()?;
    let positive = named.or(saved.operating.as_ref().map(|operating| operating.positive));
    let asks = args.threshold.is_some() || args.choose_on.is_some() || args.prevalence.is_some();
    let problem = "a threshold or prevalence belongs to a yes-or-no question: add --positive CLASS";
    ensure!(positive.is_some() || !asks, problem);
    if let (Some(split), Some(class)) = (&args.choose_on, positive) {
        check_split(args, split)?;
        let plan = Plan { positive: Some(classes[class].clone()), ..plan(args) };
        return Choice::on(&ask(split)?, &plan).with_context(|| format!("split {split}"));
    }
    let of_class = |operating: &Operating| Some(operating.positive) == positive;
    if args.threshold.is_none() && saved.operating.as_ref().is_none_or(of_class) {
        let given = Choice::given(positive, 0.5);
        return Ok(Choice { operating: saved.operating.clone().or(given.operating), ..saved });
    }
    let given = Choice::given(positive, args.threshold.unwrap_or(0.5));
    Ok(Choice { temperature: saved.temperature, ..given })
}

/// The same for each of several labels.
pub(crate) fn choices(
    args: &Args,
    networks: &Ensemble,
    ask: impl Fn(&str) -> Result<Answers>,
) -> Result<Choices> {
    check_shares(args)?;
    if let Some(split) = &args.choose_on {
        check_split(args, split)?;
        return Ok(Choices::on(&ask(split)?, &plan(args))?);
    }
    let (saved, labels) = (saved(args, networks)?, networks.classes());
    let Some(threshold) = args.threshold else {
        return Ok(saved.unwrap_or_else(|| Choices::given(labels, 0.5)));
    };
    let mut given = Choices::given(labels, threshold);
    let saved = saved.into_iter().flat_map(|saved| saved.questions);
    for (choice, saved) in given.questions.iter_mut().zip(saved) {
        choice.temperature = saved.temperature;
    }
    Ok(given)
}

/// What `finetune` has chosen for the networks that are asked; networks that it did not train together have
/// nothing in common.
fn saved(args: &Args, networks: &Ensemble) -> Result<Option<Choices>> {
    match &args.model_dirs[..] {
        [model_dir] => Ok(Choices::read(model_dir, networks)?),
        _ => Ok(None),
    }
}

/// Shares lie between 0 and 1.
fn check_shares(args: &Args) -> Result<()> {
    for share in [args.prevalence, args.threshold, args.sensitivity, args.specificity] {
        let sound = share.is_none_or(|share| (0.0..=1.0).contains(&share));
        ensure!(sound, "{} is not between 0 and 1", share.unwrap_or_default());
    }
    Ok(())
}

/// A threshold is not chosen on what it is judged by.
fn check_split(args: &Args, split: &str) -> Result<()> {
    ensure!(
        *split != args.split,
        "--choose-on {split}: a threshold chosen on the images that it is judged by looks better than \
         it is; choose it on another split"
    );
    Ok(())
}

fn rule(args: &Args) -> OperatingRule {
    match (args.sensitivity, args.specificity) {
        (Some(wanted), _) => OperatingRule::Sensitivity(wanted),
        (_, Some(wanted)) => OperatingRule::Specificity(wanted),
        _ => OperatingRule::Youden,
    }
}

/// The class of this name, or of this number.
fn class(name: &str, classes: &[String]) -> Result<usize> {
    let by_number = || name.parse().ok().filter(|&class: &usize| class < classes.len());
    let class = classes.iter().position(|known| known == name).or_else(by_number);
    class.with_context(|| format!("--positive {name}: the classes are {}", classes.join(", ")))
}
