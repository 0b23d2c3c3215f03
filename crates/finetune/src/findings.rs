//! From a data set to everything that is found out about it.

use std::path::PathBuf;

use resnet_data::{DataError, Dataset};
use resnet_recipe::{Recipe, Sink};
use resnet_train::device::Chosen;
use resnet_train::run::RunOptions;
use serde::Serialize;

use crate::fit::split;
use crate::{
    Answers, Facts, FinetuneError, Fitted, Judgement, Plan, fit, judge, recipe_for, with_all_splits,
};

/// What a fine-tuning found out.
#[derive(Debug, Clone, Serialize)]
pub struct Findings {
    /// What the images are.
    pub facts: Facts,
    /// What was wanted.
    pub plan: Plan,
    /// What it came to.
    pub recipe: Recipe,
    /// How good the network is.
    pub judgement: Judgement,
    /// Its answers about the validation images.
    pub validation: Answers,
    /// Its answers about the test images.
    pub test: Answers,
    /// The network.
    #[serde(skip)]
    pub fitted: Fitted,
    /// The data set with all its splits.
    #[serde(skip)]
    pub dataset: Dataset,
    /// Where the run lies.
    #[serde(skip)]
    pub model_dir: PathBuf,
}

/// Splits the data set if it is not, looks at every image, trains, and judges the weights with the smallest
/// validation loss on the test images. Everything that a run leaves is in the model folder of `options`.
///
/// # Errors
/// [`FinetuneError`]; what is wrong with the data set is told before training starts, all at once.
pub fn finetune(
    dataset: &Dataset,
    plan: &Plan,
    options: &RunOptions,
    chosen: &Chosen,
    sink: &mut dyn Sink,
) -> Result<Findings, FinetuneError> {
    let dataset = with_all_splits(dataset, plan.seed)?;
    let facts = Facts::of(&dataset, plan.decoder()?)?;
    plan.positive_class(facts.classes())?;
    let recipe = recipe_for(&facts, plan)?;
    let fitted = fit(&dataset, &recipe, plan, options, chosen, sink)?;
    let ask = |name| ask(&dataset, name, &fitted, plan);
    let (validation, test) = (ask("validation")?, ask("test")?);
    let judgement = judge(&validation, &test, plan)?;
    let (plan, model_dir) = (plan.clone(), options.model_dir.clone());
    Ok(Findings { facts, plan, recipe, judgement, validation, test, fitted, dataset, model_dir })
}

/// The answers about a split, whose images all were looked at before.
fn ask(
    dataset: &Dataset,
    name: &str,
    fitted: &Fitted,
    plan: &Plan,
) -> Result<Answers, FinetuneError> {
    let images = split(dataset, name)?;
    let answers = Answers::of(&fitted.predictor, &images, plan.subgroup.as_deref())?;
    match answers.unreadable.first().cloned() {
        None => Ok(answers),
        Some((name, reason)) => Err(DataError::Image { name, reason }.into()),
    }
}
