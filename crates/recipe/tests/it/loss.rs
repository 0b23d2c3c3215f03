//! What a recipe says about its loss.

use resnet_recipe::{ClassWeights, presets};

#[test]
fn inverse_frequencies_are_scikit_learns_balanced() {
    // compute_class_weight("balanced", classes=[0, 1, 2], y=[0] * 6 + [1] * 3 + [2])
    let weights = ClassWeights::InverseFrequency.of(&[6, 3, 1]).expect("not equal");
    for (weight, wanted) in weights.iter().zip([0.555_555_555_6, 1.111_111_111_1, 3.333_333_333_3])
    {
        assert!((weight - wanted).abs() < 1e-9, "{weights:?}");
    }
    let mean = weights.iter().zip([0.6, 0.3, 0.1]).map(|(weight, share)| weight * share);
    assert!((mean.sum::<f64>() - 1.0).abs() < 1e-12);
}

#[test]
fn effective_numbers_are_the_papers() {
    // (1 - 0.99) / (1 - 0.99 ** n) for n = 100, 10, 1; times 3 / their sum, in Python
    let weights = ClassWeights::EffectiveNumber { beta: 0.99 }.of(&[100, 10, 1]).expect("weights");
    for (weight, wanted) in weights.iter().zip([0.042237468763, 0.280043613003, 2.677718918234]) {
        assert!((weight - wanted).abs() < 1e-9, "{weights:?}");
    }
    assert!((weights.iter().sum::<f64>() - 3.0).abs() < 1e-12);
    let equal = ClassWeights::EffectiveNumber { beta: 0.0 }.of(&[5, 500]).expect("weights");
    assert_eq!(equal, [1.0, 1.0]);
}

#[test]
fn a_class_without_images_has_no_weight_and_equal_weights_are_none() {
    assert_eq!(ClassWeights::InverseFrequency.of(&[4, 0]), Some(vec![0.5, 0.0]));
    assert_eq!(ClassWeights::Equal.of(&[4, 0]), None);
}

#[test]
fn losses_are_chosen_by_keys_and_senseless_ones_are_refused() {
    let tutorial = presets::tutorial();
    let changed = |key: &str| tutorial.with_overrides(&[key]);
    for (key, class_weights) in [
        ("loss.class_weights=inverse-frequency", ClassWeights::InverseFrequency),
        ("loss.class_weights=effective-number", ClassWeights::EffectiveNumber { beta: 0.999 }),
    ] {
        assert_eq!(changed(key).expect(key).loss.class_weights, class_weights);
    }
    for (key, reason) in [
        ("loss.class_weights.list=[1, 2]", "one weight for each"),
        ("loss.class_weights.effective-number.beta=1", "below 1"),
        ("loss.focal_gamma=0.5", "from 1 on"),
        ("loss.class_weights=none", "did you mean"),
    ] {
        let error = changed(key).expect_err(key).to_string();
        assert!(error.contains(reason) || error.contains("known:"), "{key}: {error}");
    }
    let few = tutorial.with_overrides(&["model.num_classes=2", "loss.class_weights.list=[0, 0]"]);
    assert!(few.expect_err("no weight").to_string().contains("one of them above"));
    let teacher = ["loss.distillation.teacher=runs/a", "loss.distillation.temperature=2"];
    let error = tutorial.with_overrides(&teacher).expect_err("no share").to_string();
    assert!(error.starts_with("loss.distillation.alpha: this key is missing"), "{error}");
}
