//! A data set that was looked at, and what will be done with it.

use resnet_data::{Dataset, DatasetError};
use resnet_recipe::Recipe;

use crate::{Facts, FinetuneError, Plan, recipe_for, with_all_splits};

/// A data set that nothing speaks against training on; [`run`](Self::run) trains and judges.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The data set with all its splits.
    pub dataset: Dataset,
    /// What the images are.
    pub facts: Facts,
    /// What is wanted.
    pub plan: Plan,
    /// What it comes to.
    pub recipe: Recipe,
}

/// Splits the data set if it is not, looks at every image, and chooses the recipe. Nothing is written.
///
/// # Errors
/// [`FinetuneError::Data`] with everything that is wrong with the data set; [`FinetuneError::Plan`] if the
/// plan makes no sense with it.
pub fn prepare(dataset: &Dataset, plan: &Plan) -> Result<Prepared, FinetuneError> {
    let dataset = with_all_splits(dataset, plan.seed).map_err(|error| why(dataset, plan, error))?;
    let facts = Facts::of(&dataset, plan.decoder()?)?;
    check_question(&facts, plan)?;
    let recipe = recipe_for(&facts, plan)?;
    Ok(Prepared { dataset, facts, plan: plan.clone(), recipe })
}

/// Why a data set cannot be split: what has to be mended in it, if anything has.
pub(crate) fn why(dataset: &Dataset, plan: &Plan, error: DatasetError) -> FinetuneError {
    match plan.decoder().and_then(|decoder| Facts::check(dataset, decoder)) {
        Ok(check) if !check.is_ready() => FinetuneError::Data(Box::new(check)),
        _ => error.into(),
    }
}

/// A threshold can be chosen on the validation images, if one is to be.
fn check_question(facts: &Facts, plan: &Plan) -> Result<(), FinetuneError> {
    if !facts.label_sets.is_empty() {
        return match plan.positive {
            // That each label has images with and without it is looked at before.
            None => Ok(()),
            Some(_) => Err(FinetuneError::plan(
                "positive",
                "every label is a question of its own: leave it out",
            )),
        };
    }
    let Some(positive) = plan.positive_class(&facts.outputs)? else { return Ok(()) };
    match facts.images_with("validation", positive) {
        Some(0) => {
            let class = &facts.outputs[positive];
            let problem = format!(
                "no validation image is of the class {class}, so no threshold can be chosen: move some \
                 there, or take the split validation away and let it be cut"
            );
            Err(FinetuneError::plan("positive", problem))
        }
        _ => Ok(()),
    }
}
