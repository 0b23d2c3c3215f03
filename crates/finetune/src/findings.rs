//! From a data set to everything that is found out about it.

use resnet_data::Dataset;
use resnet_recipe::{EpochReport, Recipe, Sink};
use resnet_train::device::Chosen;
use resnet_train::run::RunOptions;
use serde::Serialize;

use crate::fit::split;
use crate::history::History;
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
    /// The epochs of this session.
    pub history: Vec<EpochReport>,
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
    let facts = Facts::of(&dataset)?;
    plan.positive_class(facts.classes())?;
    let recipe = recipe_for(&facts, plan)?;
    let mut history = History::before(sink);
    let fitted = fit(&dataset, &recipe, plan, options, chosen, &mut history)?;
    let history = history.epochs;
    let ask =
        |name| Answers::of(&fitted.network, &split(&dataset, name)?, plan.subgroup.as_deref());
    let (validation, test) = (ask("validation")?, ask("test")?);
    let judgement = judge(&validation, &test, plan)?;
    let plan = plan.clone();
    Ok(Findings { facts, plan, recipe, history, judgement, validation, test, fitted, dataset })
}
