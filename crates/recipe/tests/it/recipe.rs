//! A recipe as text, checked, scaled and continued.

use resnet_recipe::{Recipe, ValidationCrop, ValidationViews, presets};

#[test]
fn survives_a_round_trip_through_toml() {
    for preset in presets::ALL {
        let recipe = (preset.recipe)();
        recipe.check().expect(preset.name);
        let text = recipe.to_toml();
        assert_eq!(Recipe::from_toml(&text).expect(&text), recipe);
    }
}

#[test]
fn an_unknown_key_is_refused_by_name() {
    let text = presets::tutorial().to_toml().replace("momentum", "momentun");
    let message = Recipe::from_toml(&text).expect_err("misspelt").to_string();
    assert!(message.contains("momentun"), "{message}");
}

#[test]
fn a_senseless_value_is_named_with_its_key() {
    let mut recipe = presets::tutorial();
    recipe.loss.label_smoothing = 1.5;
    let message = recipe.check().expect_err("1.5").to_string();
    assert!(message.starts_with("loss.label_smoothing = 1.5"), "{message}");
}

#[test]
fn numbers_that_are_not_finite_and_epochs_without_end_are_refused() {
    let refused = |change: fn(&mut Recipe)| {
        let mut recipe = presets::tutorial();
        change(&mut recipe);
        recipe.check().expect_err("senseless").to_string()
    };
    let mean = refused(|recipe| recipe.data.mean[1] = f32::NAN);
    assert!(mean.starts_with("data.mean = [") && mean.contains("finite"), "{mean}");
    let std = refused(|recipe| recipe.data.std[2] = f32::INFINITY);
    assert!(std.starts_with("data.std = [") && std.contains("finite"), "{std}");
    let epochs = refused(|recipe| recipe.train.epochs = 100_000_000_000);
    assert!(epochs.starts_with("train.epochs = 100000000000: must be from 1 to"), "{epochs}");
}

#[test]
fn ten_looks_need_a_resized_image_with_corners() {
    let mut recipe = presets::tutorial();
    recipe.data.validation_views = ValidationViews::TenCrop;
    recipe.check().expect("a centre crop");
    assert!(recipe.to_toml().contains("validation_views = \"ten-crop\""));
    recipe.data.validation_crop = ValidationCrop::Squash;
    let message = recipe.check().expect_err("no corners").to_string();
    assert!(message.starts_with("data.validation_views = TenCrop"), "{message}");
}

#[test]
fn the_rate_scales_with_the_batch() {
    let mut recipe = presets::tutorial();
    recipe.train.batch_size = 1024;
    assert_eq!(recipe.lr_schedule(1251).peak, 0.512);
}

#[test]
fn another_batch_size_cannot_continue_a_run() {
    let (saved, mut recipe) = (presets::tutorial(), presets::tutorial());
    recipe.train.epochs += 10;
    assert!(recipe.resume_conflicts(&saved).is_empty(), "a longer run can");
    recipe.train.batch_size += 1;
    assert_eq!(recipe.resume_conflicts(&saved).len(), 1);
}

#[test]
fn a_sampler_that_makes_epochs_longer_cannot_continue_a_run() {
    let saved = presets::tutorial();
    let asked = |sampler| {
        let recipe = presets::tutorial().with_overrides(&[sampler]).expect("a sampler");
        recipe.resume_conflicts(&saved)
    };
    assert!(asked("data.sampler=balanced").is_empty(), "an epoch has as many steps");
    let conflicts = asked("data.sampler.repeated.times=3");
    assert_eq!(conflicts, ["data.sampler.repeated.times was 1 and is now 3"]);
}

#[test]
fn a_seed_that_toml_cannot_hold_is_refused() {
    let mut recipe = presets::tutorial();
    recipe.train.seed = u64::MAX;
    let message = recipe.check().expect_err("2^64 - 1").to_string();
    assert!(message.starts_with("train.seed"), "{message}");
}

#[test]
fn a_number_of_layers_is_a_name_of_the_network() {
    let text = presets::tutorial().to_toml();
    let old = text.replace("name = \"resnet50\"", "resnet_size = 50");
    assert_ne!(old, text);
    assert_eq!(Recipe::from_toml(&old).expect("TensorFlow's key"), presets::tutorial());
    let both = text.replace("name = ", "resnet_size = 34\nname = ");
    let message = Recipe::from_toml(&both).expect_err("two networks").to_string();
    assert!(message.starts_with("model.resnet_size = 34: model.name says another"), "{message}");
    let other = presets::tutorial().with_overrides(&["model.resnet_size=34"]).expect("a size");
    assert_eq!(other.model.name, "resnet34");
    let message = presets::tutorial().with_overrides(&["model.resnet_size=big"]);
    let message = message.expect_err("no number").to_string();
    assert!(message.starts_with("model.resnet_size: this is"), "{message}");
}

#[test]
fn unfreezing_needs_something_frozen() {
    let refused = presets::tutorial().with_overrides(&["model.unfreeze_every=2"]);
    let message = refused.expect_err("nothing is frozen").to_string();
    assert!(message.contains("set model.freeze_until"), "{message}");
    let recipe = presets::tutorial()
        .with_overrides(&["model.freeze_until=layer4", "model.unfreeze_every=3"])
        .expect("both");
    assert_eq!([0, 2, 3, 14, 15].map(|epoch| recipe.frozen_parts(epoch)), [5, 5, 4, 1, 0]);
}
