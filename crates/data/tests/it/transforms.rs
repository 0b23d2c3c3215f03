//! Pixels of the deterministic transforms against torchvision's.
//!
//! `tests/golden/transforms.txt` lists the cases; `tests/golden/generate.py` makes them.

use std::fs;
use std::path::Path;

use resnet_data::{
    Augment, Crop, Interpolation, PixelSampling, Region, Resizer, RgbImage, SampleRng, Scratch,
    Transform, Views,
};

/// The picture of `generate.py`.
pub(crate) fn picture(height: usize, width: usize) -> RgbImage {
    let mut pixels = Vec::with_capacity(height * width * 3);
    for y in 0..height {
        for x in 0..width {
            for c in 0..3 {
                let ramp = (3 * x * (c + 1) + 2 * y * (3 - c)) % 256;
                let texture = ((x * y) / 3 + 37 * c) % 64;
                pixels.push(u8::try_from((3 * ramp + 4 * texture) / 4 % 256).unwrap());
            }
        }
    }
    RgbImage { height, width, pixels }
}

/// Runs the case of one line, such as `eval 61 47 32 28`.
fn run(case: &str) -> Vec<u8> {
    let (kind, numbers) = case.split_once(' ').unwrap();
    let numbers: Vec<usize> = numbers.split(' ').map(|number| number.parse().unwrap()).collect();
    match (kind, &numbers[..]) {
        ("eval", &[height, width, resize, size]) => {
            let mut out = vec![99; size * size * 3];
            let mut rng = SampleRng::for_sample(0, 0, 0);
            Transform::new(size, Crop::ResizeCenterCrop { resize })
                .apply(&picture(height, width), &mut rng, &mut Scratch::default(), &mut out)
                .unwrap();
            out
        }
        ("crop", &[image_height, image_width, top, left, height, width, size]) => {
            let mut out = vec![99; size * size * 3];
            let image = picture(image_height, image_width);
            let region = Region { top, left, height, width };
            Resizer::default().resize(&image, region, size, size, &mut out).unwrap();
            out
        }
        _ => panic!("unknown case {case}"),
    }
}

#[test]
fn pixels_are_torchvisions_within_one_level() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let list = fs::read_to_string(folder.join("transforms.txt")).unwrap();
    let cases: Vec<&str> = list.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(cases.len() >= 11, "cases are missing: {cases:?}");
    for case in cases {
        let golden = fs::read(folder.join(format!("{}.rgb", case.replace(' ', "-")))).unwrap();
        let ours = run(case);
        assert_eq!(ours.len(), golden.len(), "{case}");
        let worst = std::iter::zip(&ours, &golden).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(worst <= Some(1), "{case}: {worst:?} levels");
    }
}

#[test]
fn a_region_outside_the_image_is_an_error() {
    let mut out = [0; 12];
    let mut resize = |region| Resizer::default().resize(&picture(4, 4), region, 2, 2, &mut out);
    assert!(resize(Region { top: 0, left: 0, height: 4, width: 5 }).is_err());
    assert!(resize(Region { top: 4, left: 0, height: 1, width: 1 }).is_err());
    assert!(resize(Region { top: 0, left: 0, height: 4, width: 4 }).is_ok());
}

#[test]
fn an_image_of_one_pixel_can_be_transformed() {
    let image = RgbImage { height: 1, width: 1, pixels: vec![10, 20, 30] };
    for transform in [Transform::imagenet_train(3), Transform::imagenet_validation(3)] {
        let mut out = [0u8; 27];
        let mut rng = SampleRng::for_sample(0, 0, 0);
        transform.apply(&image, &mut rng, &mut Scratch::default(), &mut out).unwrap();
        assert!(out.chunks(3).all(|pixel| pixel == [10, 20, 30]), "{transform:?}: {out:?}");
    }
}

#[test]
fn an_image_without_pixels_is_an_error() {
    let mut out = [0u8; 27];
    let mut rng = SampleRng::for_sample(0, 0, 0);
    let transform = Transform::imagenet_train(3);
    let result = transform.apply(&RgbImage::default(), &mut rng, &mut Scratch::default(), &mut out);
    assert!(result.unwrap_err().contains("no pixels"));
}

/// Every kind of crop, then every kind of step.
fn everything() -> Vec<Transform> {
    let crops = [
        Crop::random_resized(),
        Crop::distorted_box(),
        Crop::PadCrop { pad: 30 },
        Crop::ResizeCenterCrop { resize: 30 },
        Crop::TensorFlowCenterCrop { resize: 30 },
        Crop::Squash,
        Crop::Letterbox { fill: [1, 2, 3] },
    ];
    let steps = [
        Augment::HorizontalFlip { p: 0.5 },
        Augment::VerticalFlip { p: 0.5 },
        Augment::Grayscale { p: 0.1 },
        Augment::ColorJitter { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 },
        Augment::Rotation { degrees: 15.0, sampling: PixelSampling::Bilinear },
        Augment::rand_augment(),
        Augment::trivial_augment_wide(),
        Augment::AutoAugment { sampling: PixelSampling::Nearest },
        Augment::aug_mix(),
        Augment::random_erasing(0.25),
    ];
    let interpolations = [
        Interpolation::Nearest,
        Interpolation::Bilinear,
        Interpolation::Bicubic,
        Interpolation::BilinearAliased,
        Interpolation::BilinearTf1,
    ];
    let crops = crops.iter().flat_map(|crop| interpolations.map(|by| (*crop, by)));
    crops
        .map(|(crop, interpolation)| Transform {
            interpolation,
            augment: steps.to_vec(),
            ..Transform::new(24, crop)
        })
        .collect()
}

#[test]
fn images_of_any_shape_pass_through_every_step() {
    let scratch = &mut Scratch::default();
    for transform in everything() {
        transform.check().unwrap();
        for (height, width) in [(1, 1), (1, 200), (200, 1), (2, 3), (61, 47), (24, 24)] {
            for index in 0..20 {
                let (mut first, mut second) = ([0; 24 * 24 * 3], [9; 24 * 24 * 3]);
                for out in [&mut first, &mut second] {
                    let mut rng = SampleRng::for_sample(5, 0, index);
                    transform.apply(&picture(height, width), &mut rng, scratch, out).unwrap();
                }
                assert_eq!(first, second, "{transform}: not a function of its key");
            }
        }
    }
}

#[test]
fn a_transform_prints_itself_step_by_step() {
    let crop = Crop::Letterbox { fill: [0; 3] };
    let transform = Transform { interpolation: Interpolation::Bicubic, ..Transform::new(96, crop) }
        .then(Augment::ColorJitter { brightness: 0.4, contrast: 0.4, saturation: 0.2, hue: 0.0 })
        .then(Augment::random_erasing(0.25));
    assert_eq!(
        transform.to_string(),
        "Letterbox(96, fill [0, 0, 0], bicubic) -> ColorJitter(brightness 0.4, contrast 0.4, \
         saturation 0.2, hue 0) -> RandomErasing(0.25, scale 0.02..0.33, ratio 0.3..3.3, \
         value [124, 116, 104])"
    );
}

#[test]
fn a_parameter_out_of_range_is_named() {
    let refused = |step: Augment, words: &str| {
        let message = Transform::imagenet_train(8).then(step).check().unwrap_err().to_string();
        assert!(message.contains(words), "{message}");
    };
    let sampling = PixelSampling::Nearest;
    refused(Augment::VerticalFlip { p: 1.5 }, "flip");
    refused(Augment::Grayscale { p: -0.1 }, "grayscale");
    let jitter =
        |saturation, hue| Augment::ColorJitter { brightness: 0.0, contrast: 0.0, saturation, hue };
    refused(jitter(f64::NAN, 0.0), "saturation");
    refused(jitter(0.0, 0.6), "hue");
    refused(Augment::Rotation { degrees: f64::INFINITY, sampling }, "degrees");
    refused(Augment::RandAugment { ops: 2, magnitude: 31, bins: 31, sampling }, "magnitude");
    refused(Augment::TrivialAugmentWide { bins: 1, sampling }, "bins");
    refused(Augment::AugMix { severity: 11, width: 3, depth: None, sampling }, "severity");
    refused(Augment::AugMix { severity: 3, width: 3, depth: Some(0), sampling }, "depth");
    let erasing = |p, scale| Augment::RandomErasing { p, scale, ratio: (0.3, 3.3), value: [0; 3] };
    refused(erasing(2.0, (0.1, 0.2)), "erasing");
    refused(erasing(0.5, (0.2, 0.1)), "scale");
}

#[test]
fn flipped_views_are_the_image_and_its_mirror() {
    let transform = Transform::new(8, Crop::Squash);
    let mut out = [0; 2 * 8 * 8 * 3];
    transform.views(&picture(20, 31), Views::Flip, &mut Scratch::default(), &mut out).unwrap();
    let (straight, mirrored) = out.split_at(8 * 8 * 3);
    for (row, mirrored) in straight.chunks(24).zip(mirrored.chunks(24)) {
        let expected: Vec<u8> = row.chunks(3).rev().flatten().copied().collect();
        assert_eq!(mirrored, expected);
    }
}

#[test]
fn ten_crops_need_a_resized_image_that_is_large_enough() {
    let mut out = [0; 10 * 8 * 8 * 3];
    let mut message = |crop| {
        let transform = Transform::new(8, crop);
        let views = Views::TenCrop;
        transform.views(&picture(9, 9), views, &mut Scratch::default(), &mut out).unwrap_err()
    };
    assert!(message(Crop::Squash).contains("ResizeCenterCrop"));
    assert!(message(Crop::ResizeCenterCrop { resize: 7 }).contains("more than 7x7"));
}
