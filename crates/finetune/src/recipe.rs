//! The recipe that fits the images.

use resnet_data::Depth;
use resnet_data::inspect::Quantiles;
use resnet_models::by_name;
use resnet_recipe::{
    Augment, BadImages, Bits, Channels, Clip, Crop, Data, Decay, Loss, LossKind, LrScaling, Model,
    Optimizer, Recipe, Rule, Sampler, Schedule, Span, StemKind, Train, ValidationCrop, Warmup,
    presets,
};

use crate::{Facts, FinetuneError, Imbalance, Plan};

/// Inputs below this many pixels are small: for a network without pooling at its start.
const SMALL: usize = 64;
/// What networks for large images are usually trained with.
const USUAL_SIZE: usize = 224;
/// Share of the learning rate that each stage has of the next one's, where weights are known.
const LAYER_DECAY: f64 = 0.7;

/// Everything that decides the result, from what is known of the images and what `plan` wants.
///
/// The optimizer is AdamW, whose rate depends little on batch and network, with a warm-up of an epoch, a
/// cosine and gradients clipped at norm 1. With pretrained weights the classifier alone learns first,
/// then one stage more after each epoch, each with 0.7 of the next one's rate. The channels' means and
/// deviations are those of the training images, whose 16 bits stay 16 if they have so many. The network has
/// one channel if no training image has colour; the first convolution of pretrained weights is then added up
/// over its channels, which is as if a grey image were shown in all of them.
///
/// # Errors
/// [`FinetuneError::Recipe`] if a value of the plan makes no sense, [`FinetuneError::Plan`] if it has weights
/// and does not say of which network.
pub fn recipe_for(facts: &Facts, plan: &Plan) -> Result<Recipe, FinetuneError> {
    let base = presets::tutorial();
    let recipe = Recipe {
        model: model(facts, plan)?,
        data: data(facts, plan, &base.data),
        optimizer: optimizer(plan),
        loss: loss(facts, plan),
        ema: None,
        schedule: schedule(plan),
        train: Train {
            epochs: plan.epochs,
            batch_size: batch_size(facts, plan),
            seed: plan.seed,
            epochs_between_evals: 1,
            ..base.train
        },
        ..base
    };
    let recipe = recipe.with_overrides(&plan.overrides)?;
    recipe.check()?;
    Ok(recipe)
}

/// Height and width of the network's input.
fn image_size(facts: &Facts, plan: &Plan) -> usize {
    let train = facts.train();
    let median = |side: Option<Quantiles>| side.map_or(0, |side| side.median);
    // Half of the images have a shorter side than this, or a longer one.
    let side = median(train.width).min(median(train.height));
    let side = usize::try_from(side).unwrap_or(USUAL_SIZE).clamp(1, USUAL_SIZE);
    let of_images = if plan.pretrained.is_some() { usual_size(plan) } else { side };
    plan.image_size.unwrap_or(of_images)
}

/// What the network is meant for, but not more than networks for large images are usually trained with.
fn usual_size(plan: &Plan) -> usize {
    let named = plan.model.as_deref().and_then(|name| by_name(name).ok());
    named.map_or(USUAL_SIZE, |entry| entry.input_size.min(USUAL_SIZE))
}

fn model(facts: &Facts, plan: &Plan) -> Result<Model, FinetuneError> {
    let small = plan.pretrained.is_none() && image_size(facts, plan) < SMALL;
    let name = match (&plan.model, &plan.pretrained) {
        (Some(name), _) => name,
        (None, None) if small => "resnet20",
        (None, None) => "resnet18",
        (None, Some(weights)) => {
            let weights = weights.display();
            let problem = format!("say by --model which network {weights} is of");
            return Err(FinetuneError::plan("model", problem));
        }
    };
    let freeze_until = plan.frozen_until();
    let unfreeze_every = freeze_until.and((plan.unfreeze_every > 0).then_some(plan.unfreeze_every));
    Ok(Model {
        stem: if small { StemKind::Small } else { StemKind::AsNamed },
        freeze_until,
        unfreeze_every,
        ..Model::named(name, facts.outputs.len())
    })
}

fn data(facts: &Facts, plan: &Plan, base: &Data) -> Data {
    let image_size = image_size(facts, plan);
    // Pictures of 12 bits in files of 16 are dark: their deviation is small, but no accident.
    let format = facts.train().pixel_format();
    let (bits, darkest) = match format.depth {
        Depth::Eight => (Bits::Eight, 1e-3),
        Depth::Sixteen => (Bits::Sixteen, 1e-5),
    };
    let flip = plan.flip.then_some(Augment::HorizontalFlip { p: 0.5 });
    Data {
        image_size,
        // Nothing is cut off: what matters may lie at the edge.
        validation_resize: image_size,
        validation_crop: ValidationCrop::Squash,
        crop: Crop::RandomResizedCrop { scale: [0.7, 1.0], ratio: [0.85, 1.18] },
        augment: flip.into_iter().collect(),
        label_offset: 0,
        label_sets: facts.label_sets.clone(),
        unknown_labels: facts.unknown_labels.clone(),
        mean: measured(facts.train().mean, base.mean),
        std: measured(facts.train().std, base.std).map(|std| std.max(darkest)),
        sampler: match plan.imbalance {
            Imbalance::BalancedSampler => Sampler::Balanced,
            _ => base.sampler,
        },
        bits,
        channels: match format.channels {
            resnet_data::Channels::Grey => Channels::One,
            resnet_data::Channels::Rgb => Channels::Three,
        },
        on_bad_image: BadImages::Fail,
        ..base.clone()
    }
}

fn measured(value: Option<[f64; 3]>, otherwise: [f32; 3]) -> [f32; 3] {
    value.map_or(otherwise, |channels| channels.map(|channel| channel as f32))
}

fn optimizer(plan: &Plan) -> Optimizer {
    Optimizer {
        weight_decay: 0.01,
        accumulate: 1,
        clip: Clip::Norm(1.0),
        layer_decay: if plan.pretrained.is_some() { LAYER_DECAY } else { 1.0 },
        rule: Rule::Adamw { betas: (0.9, 0.999), eps: 1e-8 },
    }
}

fn loss(facts: &Facts, plan: &Plan) -> Loss {
    if !facts.label_sets.is_empty() {
        let (positive_weights, focal_gamma) =
            plan.imbalance.loss_of_labels(&facts.training_labels());
        let kind = LossKind::BinaryCrossEntropy;
        return Loss { kind, positive_weights, focal_gamma, ..Loss::default() };
    }
    let (class_weights, focal_gamma) = plan.imbalance.loss(&facts.train().images_per_class);
    Loss { class_weights, focal_gamma, ..Loss::default() }
}

fn schedule(plan: &Plan) -> Schedule {
    let usual = if plan.pretrained.is_some() { 3e-4 } else { 1e-3 };
    Schedule {
        base_lr: plan.learning_rate.unwrap_or(usual),
        scaling: LrScaling::None,
        min_lr: 0.0,
        warmup: Warmup::linear(Span::Epochs(1.0)),
        decay: Decay::Cosine,
    }
}

/// At least four steps in an epoch, where there are as many images.
fn batch_size(facts: &Facts, plan: &Plan) -> usize {
    let images = usize::try_from(facts.train().images).unwrap_or(usize::MAX);
    plan.batch_size.unwrap_or((images / 4).clamp(1, 32))
}
