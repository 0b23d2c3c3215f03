//! Pixels of the deterministic transforms against torchvision's.
//!
//! `tests/golden/transforms.txt` lists the cases; `tests/golden/generate.py` makes them.

use std::fs;
use std::path::Path;

use resnet_data::{Crop, Region, Resizer, RgbImage, SampleRng, Scratch, Transform};

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
        let mut out = [0; 27];
        let mut rng = SampleRng::for_sample(0, 0, 0);
        transform.apply(&image, &mut rng, &mut Scratch::default(), &mut out).unwrap();
        assert!(out.chunks(3).all(|pixel| pixel == [10, 20, 30]), "{transform:?}: {out:?}");
    }
}

#[test]
fn an_image_without_pixels_is_an_error() {
    let mut out = [0; 27];
    let mut rng = SampleRng::for_sample(0, 0, 0);
    let transform = Transform::imagenet_train(3);
    let result = transform.apply(&RgbImage::default(), &mut rng, &mut Scratch::default(), &mut out);
    assert!(result.unwrap_err().contains("no pixels"));
}
