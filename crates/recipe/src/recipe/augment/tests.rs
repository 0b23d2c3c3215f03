use super::{Augment, Sampling};
use crate::{Crop, Interpolation, Recipe, RecipeError, ValidationCrop, presets};

/// The sample's recipe with other text for crop and steps.
fn with(keys: &str) -> Result<Recipe, RecipeError> {
    let mut table: toml::Table = toml::from_str(&presets::tutorial().to_toml()).expect("TOML");
    let other: toml::Table = toml::from_str(keys).expect(keys);
    let data = table.get_mut("data").and_then(toml::Value::as_table_mut).expect("[data]");
    data.extend(other);
    Recipe::from_toml(&table.to_string())
}

#[test]
fn steps_are_written_with_only_what_differs_from_torchvision() {
    let recipe = with(
        r#"
        crop = { random-resized-crop = { scale = [0.25, 1.0] } }
        augment = [
            { horizontal-flip = {} },
            { rand-augment = { magnitude = 7, sampling = "bilinear" } },
            { random-erasing = { p = 0.1 } },
        ]
        interpolation = "bicubic"
        validation_crop = { letterbox = {} }
        "#,
    )
    .expect("a recipe");
    let crop = Crop::RandomResizedCrop { scale: [0.25, 1.0], ratio: [0.75, 4.0 / 3.0] };
    assert_eq!(recipe.data.crop, crop);
    assert_eq!(recipe.data.interpolation, Interpolation::Bicubic);
    assert_eq!(recipe.data.validation_crop, ValidationCrop::Letterbox { fill: [0; 3] });
    let sampling = Sampling::Bilinear;
    assert_eq!(
        recipe.data.augment,
        [
            Augment::HorizontalFlip { p: 0.5 },
            Augment::RandAugment { ops: 2, magnitude: 7, bins: 31, sampling },
            Augment::RandomErasing {
                p: 0.1,
                scale: [0.02, 0.33],
                ratio: [0.3, 3.3],
                value: [124, 116, 104]
            },
        ]
    );
}

#[test]
fn every_step_survives_a_round_trip_through_toml() {
    let recipe = with(
        r#"
        crop = "distorted-box"
        augment = [
            { vertical-flip = {} }, { grayscale = {} }, { color-jitter = { hue = 0.1 } },
            { rotation = { degrees = 10.0 } }, { rand-augment = {} },
            { trivial-augment-wide = {} }, { auto-augment = {} }, { aug-mix = {} },
            { aug-mix = { depth = 2 } }, { random-erasing = {} },
        ]
        "#,
    )
    .expect("a recipe");
    assert_eq!(recipe.data.augment.len(), 10);
    let text = recipe.to_toml();
    assert_eq!(Recipe::from_toml(&text).expect(&text), recipe);
}

#[test]
fn a_misspelt_step_or_parameter_is_refused_by_name() {
    for (keys, word) in [
        ("augment = [{ horizontal-flap = {} }]", "horizontal-flap"),
        ("augment = [{ horizontal-flip = { q = 0.5 } }]", "unknown key `q`"),
        ("crop = { pad-crop = { pod = 2 } }", "pod"),
        ("interpolation = \"cubic\"", "cubic"),
    ] {
        let message = with(keys).expect_err(keys).to_string();
        assert!(message.contains(word), "{message}");
    }
}

#[test]
fn a_senseless_parameter_is_named_with_its_key() {
    for (keys, start) in [
        ("augment = [{ horizontal-flip = { p = 2.0 } }]", "data.augment.horizontal-flip.p = 2.0"),
        ("augment = [{ vertical-flip = { p = -1.0 } }]", "data.augment.vertical-flip.p"),
        ("augment = [{ grayscale = { p = nan } }]", "data.augment.grayscale.p"),
        ("augment = [{ color-jitter = { hue = 0.6 } }]", "data.augment.color-jitter.hue"),
        ("augment = [{ color-jitter = { contrast = inf } }]", "data.augment.color-jitter.cont"),
        ("augment = [{ rotation = { degrees = -1.0 } }]", "data.augment.rotation.degrees"),
        ("augment = [{ rand-augment = { magnitude = 31 } }]", "data.augment.rand-augment.mag"),
        ("augment = [{ trivial-augment-wide = { bins = 1 } }]", "data.augment.trivial-augment"),
        ("augment = [{ aug-mix = { depth = 0 } }]", "data.augment.aug-mix.depth"),
        ("augment = [{ random-erasing = { scale = [0.5, 0.1] } }]", "data.augment.random-eras"),
        ("crop = { random-resized-crop = { ratio = [0.0, 1.0] } }", "data.crop.random-resized"),
        ("crop = { pad-crop = { pad = 65536 } }", "data.crop.pad-crop.pad = 65536"),
    ] {
        let message = with(keys).expect_err(keys).to_string();
        assert!(message.starts_with(start), "{message}");
    }
}
