//! The pipeline that a recipe describes.

use resnet_recipe::{Recipe, presets};
use resnet_train::transforms::{training_transform, validation_transform};

/// The tutorial's recipe with other lines in `[data]`.
fn recipe(keys: &str) -> Recipe {
    let mut table: toml::Table = toml::from_str(&presets::tutorial().to_toml()).expect("TOML");
    let other: toml::Table = toml::from_str(keys).expect(keys);
    let data = table.get_mut("data").and_then(toml::Value::as_table_mut).expect("[data]");
    data.extend(other);
    Recipe::from_toml(&table.to_string()).expect(keys)
}

#[test]
fn every_step_of_a_recipe_arrives_with_its_parameters() {
    let recipe = recipe(
        r#"
        interpolation = "bicubic"
        crop = { random-resized-crop = { scale = [0.25, 1.0], ratio = [0.5, 2.0] } }
        augment = [
            { horizontal-flip = { p = 0.4 } }, { vertical-flip = { p = 0.3 } },
            { grayscale = { p = 0.2 } },
            { color-jitter = { brightness = 0.1, contrast = 0.2, saturation = 0.3, hue = 0.4 } },
            { rotation = { degrees = 10.0, sampling = "bilinear" } },
            { rand-augment = { ops = 3, magnitude = 5, bins = 11 } },
            { trivial-augment-wide = { bins = 21 } }, { auto-augment = { sampling = "bilinear" } },
            { aug-mix = { severity = 4, width = 2, depth = 1, sampling = "nearest" } },
            { random-erasing = { p = 0.1, scale = [0.1, 0.2], ratio = [0.5, 1.5], value = [1, 2, 3] } },
        ]
        "#,
    );
    let transform = training_transform(&recipe);
    transform.check().expect("in range");
    assert_eq!(
        transform.to_string(),
        "RandomResizedCrop(224, scale 0.25..1, ratio 0.5..2, bicubic) -> HorizontalFlip(0.4) -> \
         VerticalFlip(0.3) -> Grayscale(0.2) -> ColorJitter(brightness 0.1, contrast 0.2, \
         saturation 0.3, hue 0.4) -> Rotation(10°, bilinear) -> RandAugment(3 ops, magnitude 5 of \
         11, nearest) -> TrivialAugmentWide(21 magnitudes, nearest) -> AutoAugment(ImageNet, \
         bilinear) -> AugMix(severity 4, 2 chains of 1, nearest) -> RandomErasing(0.1, scale \
         0.1..0.2, ratio 0.5..1.5, value [1, 2, 3])"
    );
}

#[test]
fn every_crop_and_interpolation_of_a_recipe_arrives() {
    for (crop, printed) in [
        ("'distorted-box'", "DistortedBox(224, scale 0.05..1, ratio 0.75..1.33, covers 0.1, "),
        ("{ pad-crop = { pad = 4 } }", "PadCrop(224, pad 4)"),
        ("'as-in-validation'", "ResizeCenterCrop(256 to 224, "),
    ] {
        let text = training_transform(&recipe(&format!("crop = {crop}"))).to_string();
        assert!(text.starts_with(printed), "{text}");
    }
    for (crop, printed) in [
        ("'resize-center-crop'", "ResizeCenterCrop(256 to 224, bilinear)"),
        ("'tensorflow-center-crop'", "TensorFlowCenterCrop(256 to 224, bilinear)"),
        ("'squash'", "Squash(224, bilinear)"),
        ("{ letterbox = { fill = [9, 8, 7] } }", "Letterbox(224, fill [9, 8, 7], bilinear)"),
    ] {
        let text = validation_transform(&recipe(&format!("validation_crop = {crop}"))).to_string();
        assert_eq!(text, printed);
    }
    for name in ["nearest", "bilinear", "bicubic", "bilinear-aliased", "bilinear-tf1"] {
        let recipe = recipe(&format!("interpolation = '{name}'"));
        let text = validation_transform(&recipe).to_string();
        assert!(text.ends_with(&format!(", {name})")), "{text}");
    }
}

#[test]
fn the_part_of_an_image_that_is_seen_in_validation_is_the_same_at_every_size() {
    let printed = |keys: &str| {
        let recipe = recipe(&format!("crop = 'as-in-validation'\naugment = []\n{keys}"));
        (training_transform(&recipe).to_string(), validation_transform(&recipe).to_string())
    };
    let same = |text: &str| (text.to_owned(), text.to_owned());
    assert_eq!(printed(""), same("ResizeCenterCrop(256 to 224, bilinear)"));
    let (training, validation) =
        printed("image_size = 28\nvalidation_size = 16\nvalidation_resize = 16");
    assert_eq!(training, "ResizeCenterCrop(28 to 28, bilinear)");
    assert_eq!(validation, "ResizeCenterCrop(16 to 16, bilinear)");
    let (training, _) = printed("image_size = 160\nvalidation_size = 224");
    assert_eq!(training, "ResizeCenterCrop(183 to 160, bilinear)");
    let (training, _) = printed(
        "image_size = 112\nvalidation_size = 224\nvalidation_crop = 'tensorflow-center-crop'",
    );
    assert_eq!(training, "TensorFlowCenterCrop(128 to 112, bilinear)");
}

#[test]
fn the_example_of_the_documentation_prints_as_it_says() {
    let page = include_str!("../../../../docs/data.md");
    let (_, block) = page.split_once("```toml\n[data]\n").expect("an example");
    let (keys, _) = block.split_once("```").expect("its end");
    let printed = page.lines().find_map(|line| line.strip_prefix("    RandomResizedCrop"));
    let expected = format!("RandomResizedCrop{}", printed.expect("what it prints"));
    assert_eq!(training_transform(&recipe(keys)).to_string(), expected);
}
