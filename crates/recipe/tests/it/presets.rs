//! The presets give the rates that their sources state.

use resnet_recipe::{Sampler, presets};

/// ImageNet's training images.
const IMAGES: u64 = 1_281_167;

#[test]
fn nvidias_rate_for_eight_gpus_peaks_at_2_048_after_eight_epochs() {
    let recipe = presets::nvidia_90();
    let steps = IMAGES / 2048;
    let schedule = recipe.lr_schedule(steps);
    assert_eq!(schedule.at(8 * steps), 2.048);
    assert!(schedule.at(8 * steps - 1) < 2.048 && schedule.at(90 * steps) < 1e-12);
    assert_eq!(recipe.optimizer.weight_decay, 3.051_757_812_5e-5, "as in its README");
}

#[test]
fn ffcvs_rate_is_that_of_its_train_imagenet_py() {
    // get_cyclic_lr: interpolated between (0, 1e-4 * 1.7), (2, 1.7) and (epochs, 0).
    let steps = IMAGES / 4096;
    for (recipe, epochs) in
        [(presets::ffcv_16(), 16), (presets::ffcv_40(), 40), (presets::ffcv_88(), 88)]
    {
        let schedule = recipe.lr_schedule(steps);
        let expected = |epoch: f64| {
            if epoch < 2.0 {
                1.7 * (1e-4 + (1.0 - 1e-4) * epoch / 2.0)
            } else {
                1.7 * (1.0 - (epoch - 2.0) / (f64::from(epochs) - 2.0))
            }
        };
        for step in 0..=steps * epochs as u64 {
            let (rate, source) = (schedule.at(step), expected(step as f64 / steps as f64));
            assert!((rate - source).abs() < 1e-12, "{epochs} epochs, step {step}: {rate}");
        }
    }
}

#[test]
fn the_cifar_rate_falls_at_the_papers_iterations() {
    let schedule = presets::cifar10_resnet20().lr_schedule(391);
    let rates = [0, 31_999, 32_000, 47_999, 48_000, 63_999].map(|step| schedule.at(step));
    for (rate, expected) in rates.into_iter().zip([0.1, 0.1, 0.01, 0.01, 0.001, 0.001]) {
        assert!((rate - expected).abs() < 1e-15, "{rates:?}");
    }
    assert!(schedule.total_steps >= 64_000, "the paper's last iteration");
}

#[test]
fn a_misspelt_preset_is_refused_with_the_nearest_one() {
    let message = presets::find("tutoral").expect_err("misspelt").to_string();
    assert!(
        message.contains("did you mean `tutorial`?") && message.contains("ffcv-88"),
        "{message}"
    );
}

#[test]
fn ffcvs_images_grow_when_its_yaml_files_say_so() {
    for (recipe, [first, last]) in [
        (presets::ffcv_16(), [11, 13]),
        (presets::ffcv_40(), [29, 34]),
        (presets::ffcv_88(), [65, 76]),
    ] {
        let sizes = [0, first, last, recipe.train.epochs].map(|epoch| recipe.training_size(epoch));
        assert_eq!(sizes, [160, 160, 192, 192]);
        assert_eq!(recipe.data.validation_side(), 256);
    }
}

#[test]
fn repeated_images_make_epochs_longer_and_fewer() {
    for (recipe, times, passes, warmup) in [
        (presets::strikes_back_a1(), 3, 600, 5),
        (presets::strikes_back_a2(), 3, 300, 5),
        (presets::torchvision_v2(), 4, 600, 5),
    ] {
        assert_eq!(recipe.data.sampler, Sampler::Repeated { times });
        assert_eq!(recipe.train.epochs * u64::from(times), passes);
        // A pass of theirs is as many images as the data set has.
        let pass = IMAGES / recipe.train.batch_size as u64;
        let schedule = recipe.lr_schedule(u64::from(times) * pass);
        assert_eq!(schedule.total_steps, passes * pass);
        assert!(schedule.warmup.steps.abs_diff(warmup * pass) <= 1, "{:?}", schedule.warmup);
        assert!(schedule.at(warmup * pass + 1) > 0.999 * recipe.peak_lr());
    }
}

#[test]
fn torchvisions_mean_of_weights_decays_as_its_train_py_computes() {
    let ema = presets::torchvision_v2().ema.expect("a mean");
    // alpha = (1 - 0.99998) * world_size * batch_size * steps / epochs
    let alpha = (1.0 - 0.99998) * 1024.0 * 32.0 / 600.0;
    assert!((ema.decay - (1.0 - alpha)).abs() < 1e-6, "{}", ema.decay);
}

#[test]
fn the_rate_of_large_batches_falls_with_the_square_of_what_is_left() {
    let recipe = presets::mlperf_lars();
    let steps = IMAGES / 4096;
    let schedule = recipe.lr_schedule(steps);
    assert_eq!(schedule.at(5 * steps), 5.0);
    let half = schedule.at(steps * 45 / 2);
    assert!((half - (1e-4 + (5.0 - 1e-4) * 0.25)).abs() < 0.02, "{half}");
}

#[test]
fn fine_tuning_reaches_the_stem_before_its_end() {
    let recipe = presets::fine_tune_small();
    assert_eq!([0, 2, 9, 10].map(|epoch| recipe.frozen_parts(epoch)), [5, 4, 1, 0]);
}
