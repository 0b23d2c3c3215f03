//! What is asked, and where the threshold comes from.

use anyhow::{Context, Result, ensure};
use resnet::Chosen;
use resnet::metrics::{Bootstrap, OperatingRule, SummaryOptions};

use crate::args::Args;
use crate::judge;

pub(crate) fn options(args: &Args, chosen: &Chosen, classes: &[String]) -> Result<SummaryOptions> {
    let asks = args.threshold.is_some() || args.choose_on.is_some() || args.prevalence.is_some();
    let problem = "a threshold or prevalence belongs to a yes-or-no question: add --positive CLASS";
    ensure!(args.positive.is_some() || !asks, problem);
    check_shares(args)?;
    let positive = args.positive.as_deref().map(|name| class(name, classes)).transpose()?;
    let bootstrap =
        Bootstrap { resamples: args.resamples, seed: args.seed, ..Bootstrap::default() };
    Ok(SummaryOptions {
        positive,
        threshold: threshold(args, chosen, positive)?,
        prevalence: args.prevalence,
        ordered: args.ordered,
        bootstrap: (args.resamples > 0).then_some(bootstrap),
        ..SummaryOptions::default()
    })
}

/// Shares lie between 0 and 1.
pub(crate) fn check_shares(args: &Args) -> Result<()> {
    for share in [args.prevalence, args.threshold, args.sensitivity, args.specificity] {
        let sound = share.is_none_or(|share| (0.0..=1.0).contains(&share));
        ensure!(sound, "{} is not between 0 and 1", share.unwrap_or_default());
    }
    Ok(())
}

/// A threshold is not chosen on what it is judged by.
pub(crate) fn check_split(args: &Args, split: &str) -> Result<()> {
    ensure!(
        *split != args.split,
        "--choose-on {split}: a threshold chosen on the images that it is judged by looks better than \
         it is; choose it on another split"
    );
    Ok(())
}

pub(crate) fn rule(args: &Args) -> OperatingRule {
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

fn threshold(args: &Args, chosen: &Chosen, positive: Option<usize>) -> Result<f64> {
    let (Some(split), Some(class)) = (&args.choose_on, positive) else {
        return Ok(args.threshold.unwrap_or(0.5));
    };
    check_split(args, split)?;
    let judged = judge(args, chosen, split)?;
    let threshold = judged.predictions().one_vs_rest(class).threshold(rule(args));
    threshold.with_context(|| format!("split {split} has only one kind of image: no threshold"))
}
