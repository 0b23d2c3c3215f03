//! Evaluating without training: the newest checkpoint of a run, or weights from elsewhere.

use anyhow::Result;
use resnet::models::ResNet;
use resnet::models::weights::Fit;
use resnet::pretrained::{self, Published, Request};
use resnet::recipe::{Interpolation, Model, ValidationCrop};
use resnet::training::build;
use resnet::training::evaluate::evaluate;
use resnet::training::loaders::validation_loader;
use resnet::{Chosen, Recipe, StopHandle, Trained};

use crate::args::Args;
use crate::stdout::say;
use crate::{ending, images, progress, weights};

pub(crate) fn evaluate_only(args: &Args, chosen: &Chosen) -> Result<u8> {
    let (model, recipe) = match args.weights.request()? {
        Some(request) => of_weights(args, &request, chosen)?,
        None => of_run(args, chosen)?,
    };
    let loader = validation_loader(images::validation(args, &recipe)?, &recipe, args.workers())?;
    let evaluation = evaluate(&model, &recipe, &loader, &chosen.device, &StopHandle::default())?;
    say(&progress::evaluation(&evaluation))?;
    Ok(ending::DONE)
}

fn of_run(args: &Args, chosen: &Chosen) -> Result<(ResNet, Recipe)> {
    let recipe = args.recipe_to_evaluate()?;
    let Trained { model, path, .. } = Trained::newest(&args.model_dir(), &chosen.device)?;
    say(&format!("Checkpoint: {}", path.display()))?;
    Ok((model, recipe))
}

/// The weights of `--pretrained` as they are, in the network that the flags name; of published ones network, size and
/// normalisation are known.
fn of_weights(args: &Args, request: &Request, chosen: &Chosen) -> Result<(ResNet, Recipe)> {
    let mut recipe = args.fresh_recipe()?;
    if let Request::Name(published) = request {
        as_published(&mut recipe, published);
    }
    let recipe = args.change(recipe)?;
    let weights = args.weights.read(&args.weights.file(request)?)?;
    if let Some(words) = weights::announcement(request) {
        say(&words)?;
    }
    let fresh = build(&recipe, &chosen.device)?;
    let (model, _report) = weights.load(fresh, &Fit::default())?;
    Ok((model, recipe))
}

/// Network and validation as the publisher measured them.
fn as_published(recipe: &mut Recipe, published: &Published) {
    recipe.model = Model::named(published.architecture(), Published::NUM_CLASSES);
    let data = &mut recipe.data;
    (data.image_size, data.validation_size) = (published.image_size, None);
    data.validation_resize = published.resize;
    data.validation_crop = ValidationCrop::ResizeCenterCrop;
    data.interpolation = match published.interpolation {
        pretrained::Interpolation::Bilinear => Interpolation::Bilinear,
        pretrained::Interpolation::Bicubic => Interpolation::Bicubic,
    };
    (data.mean, data.std) = (Published::MEAN, Published::STD);
}
