//! Mixup and cutmix: what is drawn and what becomes of the images.

use burn::tensor::{Device, Int, Tensor};
use resnet_recipe::Loss;
use resnet_train::mix::{Mixer, Mixture};

fn mixer(mixup: f64, cutmix: f64) -> Mixer {
    Mixer::new(&Loss { mixup, cutmix, ..Loss::default() }, 7)
}

fn share(mixture: &Mixture) -> f64 {
    match *mixture {
        Mixture::None => 0.0,
        Mixture::Average { share } | Mixture::Rectangle { share, .. } => share,
    }
}

/// Mean and variance of the shares of many steps.
fn moments(mixer: Mixer) -> (f64, f64) {
    let shares: Vec<f64> = (0..20_000).map(|step| share(&mixer.draw(step, 0, (8, 8)))).collect();
    assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)));
    let mean = shares.iter().sum::<f64>() / shares.len() as f64;
    let variance = shares.iter().map(|share| (share - mean).powi(2)).sum::<f64>();
    (mean, variance / shares.len() as f64)
}

/// Beta(a, a) has mean 1/2 and variance 1 / (4 (2 a + 1)).
#[test]
fn shares_of_mixup_have_the_moments_of_the_beta_distribution() {
    for alpha in [1e-3, 0.2, 0.8, 1.0] {
        let (mean, variance) = moments(mixer(alpha, 0.0));
        assert!((mean - 0.5).abs() < 0.015, "alpha {alpha}: mean {mean}");
        let wanted = 0.25 / (2.0 * alpha + 1.0);
        assert!((variance / wanted - 1.0).abs() < 0.03, "alpha {alpha}: variance {variance}");
    }
}

/// A rectangle loses what lies outside: of share s there remains (√s - s/4)² on average, which is
/// 77/240 if s is uniform, as for alpha 1.
#[test]
fn shares_of_cutmix_are_areas_inside_the_image() {
    let mixer = mixer(0.0, 1.0);
    let shares = (0..20_000).map(|step| share(&mixer.draw(step, 0, (2000, 2000))));
    let mean = shares.sum::<f64>() / 20_000.0;
    assert!((mean - 77.0 / 240.0).abs() < 0.006, "mean {mean}");
}

#[test]
fn with_both_each_batch_gets_one_of_them() {
    let mixer = mixer(0.8, 1.0);
    let cut = |step| matches!(mixer.draw(step, 0, (8, 8)), Mixture::Rectangle { .. });
    let cuts = (0..1000).filter(|&step| cut(step)).count();
    assert!((430..570).contains(&cuts), "{cuts} of 1000");
}

#[test]
fn a_draw_depends_on_step_and_part_alone() {
    let mixer = mixer(0.8, 0.0);
    assert_eq!(mixer.draw(3, 1, (8, 8)), mixer.draw(3, 1, (8, 8)));
    assert_ne!(mixer.draw(3, 1, (8, 8)), mixer.draw(4, 1, (8, 8)));
    assert_ne!(mixer.draw(3, 1, (8, 8)), mixer.draw(3, 0, (8, 8)));
}

/// Two images of 2×2 pixels: all 0 and all 1.
fn mix(mixture: Mixture) -> (Vec<f32>, Option<(Vec<i64>, f64)>) {
    let device = Device::flex();
    let images = Tensor::<1>::from_floats([0., 0., 0., 0., 1., 1., 1., 1.], &device);
    let labels = Tensor::<1, Int>::from_ints([4, 5], &device);
    let (images, targets) = mixture.apply(images.reshape([2, 1, 2, 2]), labels);
    let mixed_in = targets.mixed_in;
    let mixed_in =
        mixed_in.map(|(labels, share)| (labels.into_data().iter::<i64>().collect(), share));
    (images.into_data().iter::<f32>().collect(), mixed_in)
}

#[test]
fn mixup_averages_with_the_image_from_the_other_end() {
    let (images, mixed_in) = mix(Mixture::Average { share: 0.25 });
    assert_eq!(images, [0.25, 0.25, 0.25, 0.25, 0.75, 0.75, 0.75, 0.75]);
    assert_eq!(mixed_in, Some((vec![5, 4], 0.25)));
}

#[test]
fn cutmix_takes_a_rectangle_from_the_image_at_the_other_end() {
    let (images, mixed_in) = mix(Mixture::Rectangle { rows: 0..1, columns: 1..2, share: 0.25 });
    assert_eq!(images, [0., 1., 0., 0., 1., 0., 1., 1.]);
    assert_eq!(mixed_in, Some((vec![5, 4], 0.25)));
    let empty = Mixture::Rectangle { rows: 0..0, columns: 1..2, share: 0.0 };
    assert_eq!(mix(empty).0, [0., 0., 0., 0., 1., 1., 1., 1.]);
}
