//! From a data set to everything that is found out about it.

use std::path::PathBuf;

use resnet_data::{DataError, Dataset};
use resnet_recipe::{Recipe, Sink};
use resnet_train::device::Chosen;
use resnet_train::run::RunOptions;
use serde::Serialize;

use crate::fit::split;
use crate::{
    Answers, Choices, Facts, FinetuneError, Fitted, Judgement, OverallFigure, Plan, Prepared, fit,
    judge_all, overall, prepare,
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
    /// How good the network is; where images have several labels, for each of them.
    pub judgements: Vec<Judgement>,
    /// All labels together, where images have several.
    pub overall: Vec<OverallFigure>,
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

impl Findings {
    /// How good the network is; where images have several labels, at the first of them.
    #[must_use]
    pub fn judgement(&self) -> &Judgement {
        &self.judgements[0]
    }
}

/// Splits the data set if it is not, looks at every image, trains, and judges the weights with the smallest
/// validation loss on the test images. Everything that a run leaves is in the model folder of `options`.
/// [`prepare`] and [`Prepared::run`] are its two halves.
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
    prepare(dataset, plan)?.run(options, chosen, sink)
}

impl Prepared {
    /// Trains and judges.
    ///
    /// # Errors
    /// As [`fit()`], [`Choices::on`] and [`judge_all`], and [`FinetuneError::Image`] if an image cannot be read any more.
    pub fn run(
        self,
        options: &RunOptions,
        chosen: &Chosen,
        sink: &mut dyn Sink,
    ) -> Result<Findings, FinetuneError> {
        let Self { dataset, facts, plan, recipe } = self;
        let fitted = fit(&dataset, &recipe, &plan, options, chosen, sink)?;
        let ask = |name| ask(&dataset, name, &fitted, &plan);
        let (validation, test) = (ask("validation")?, ask("test")?);
        let choices = Choices::on(&validation, &plan)?;
        let judgements = judge_all(&test, &choices, &plan)?;
        let overall = overall(&test, &judgements, &plan)?;
        let model_dir = options.model_dir.clone();
        choices.write(&model_dir, &fitted.predictor.clone().into())?;
        Ok(Findings {
            facts,
            plan,
            recipe,
            judgements,
            overall,
            validation,
            test,
            fitted,
            dataset,
            model_dir,
        })
    }
}

/// The answers about a split, whose images all were looked at before.
fn ask(
    dataset: &Dataset,
    name: &str,
    fitted: &Fitted,
    plan: &Plan,
) -> Result<Answers, FinetuneError> {
    let images = split(dataset, name)?;
    let network = fitted.predictor.clone().into();
    let answers = Answers::of(&network, &images, plan.subgroup.as_deref())?;
    let answers = answers.with_labels_of(dataset);
    match answers.unreadable.first().cloned() {
        None => Ok(answers),
        Some((name, reason)) => Err(DataError::Image { name, reason }.into()),
    }
}
