//! Pixels of every deterministic step against torchvision's, Pillow's and TensorFlow's.
//!
//! `tests/golden/transforms.py` makes the expected pixels of a small picture, and those of
//! photographs where `RESNET_PYTHON` names an interpreter that has these libraries.

use std::path::{Path, PathBuf};
use std::process::Command;

use resnet_data::{
    Crop, Decoder, Interpolation, Jpeg, PixelOp, PixelSampling, Region, Resizer, RgbImage, Scratch,
    Transform, Views,
};

use crate::transforms::picture;

fn interpolation(name: &str) -> Interpolation {
    match name {
        "nearest" => Interpolation::Nearest,
        "bilinear" => Interpolation::Bilinear,
        "bicubic" => Interpolation::Bicubic,
        "aliased" => Interpolation::BilinearAliased,
        "tf1" => Interpolation::BilinearTf1,
        _ => panic!("unknown interpolation {name}"),
    }
}

fn sampling(name: &str) -> PixelSampling {
    if name == "nearest" { PixelSampling::Nearest } else { PixelSampling::Bilinear }
}

/// The operation of a case such as `rotate 30 nearest`.
fn pixel_op(words: &[&str]) -> Option<PixelOp> {
    let number = |at: usize| -> f64 { words[at].parse().unwrap() };
    Some(match words[0] {
        "horizontal-flip" => PixelOp::HorizontalFlip,
        "vertical-flip" => PixelOp::VerticalFlip,
        "grayscale" => PixelOp::Grayscale,
        "brightness" => PixelOp::Brightness(number(1)),
        "contrast" => PixelOp::Contrast(number(1)),
        "saturation" => PixelOp::Saturation(number(1)),
        "sharpness" => PixelOp::Sharpness(number(1)),
        "hue" => PixelOp::Hue(number(1)),
        "invert" => PixelOp::Invert,
        "posterize" => PixelOp::Posterize(words[1].parse().unwrap()),
        "solarize" => PixelOp::Solarize(number(1)),
        "auto-contrast" => PixelOp::AutoContrast,
        "equalize" => PixelOp::Equalize,
        "shear-x" => PixelOp::ShearX(number(1), sampling(words[2])),
        "shear-y" => PixelOp::ShearY(number(1), sampling(words[2])),
        "translate" => {
            PixelOp::Translate { x: words[1].parse().unwrap(), y: words[2].parse().unwrap() }
        }
        "rotate" => PixelOp::Rotate(number(1), sampling(words[2])),
        "mix" => PixelOp::MixBegin(number(1) as f32),
        "add" => PixelOp::MixAdd(number(1) as f32),
        _ => return None,
    })
}

/// The transform of a case such as `squash 16 bicubic`.
fn transform(words: &[&str]) -> Transform {
    let number = |at: usize| -> usize { words[at].parse().unwrap() };
    let crop = |crop, interpolation| Transform { interpolation, ..Transform::new(number(1), crop) };
    match words[0] {
        "squash" => crop(Crop::Squash, interpolation(words[2])),
        "letterbox" => crop(Crop::Letterbox { fill: [124, 116, 104] }, interpolation(words[2])),
        "tensorflow-center-crop" => {
            let crop = Crop::TensorFlowCenterCrop { resize: number(1) };
            let interpolation = Interpolation::BilinearTf1;
            Transform { interpolation, ..Transform::new(number(2), crop) }
        }
        "ten-crop" => Transform::new(number(2), Crop::ResizeCenterCrop { resize: number(1) }),
        other => panic!("unknown case {other}"),
    }
}

fn run(image: &RgbImage, operations: &str) -> Vec<u8> {
    let scratch = &mut Scratch::default();
    let mut pixels = image.pixels.clone();
    for operation in operations.split(" ; ") {
        let words: Vec<&str> = operation.split(' ').collect();
        if let Some(op) = pixel_op(&words) {
            op.apply(&mut pixels, image.width, scratch);
        } else if words[0] == "resize" {
            let (height, width) = (words[1].parse().unwrap(), words[2].parse().unwrap());
            pixels.resize(height * width * 3, 0);
            let whole = Region::whole(image.height, image.width);
            let by = interpolation(words[3]);
            let mut resizer = Resizer::default();
            resizer.resize_by(by, image, whole, (height, width), &mut pixels).unwrap();
        } else {
            let transform = transform(&words);
            let views = if words[0] == "ten-crop" { Views::TenCrop } else { Views::Single };
            pixels.resize(views.count() * transform.size.pow(2) * 3, 0);
            transform.views(image, views, scratch, &mut pixels).unwrap();
        }
    }
    if operations.starts_with("mix") {
        PixelOp::MixEnd.apply(&mut pixels, image.width, scratch);
    }
    pixels
}

/// Compares the results of all cases with `expected`, which has them one after the other.
fn assert_equal<'a>(
    cases: impl Iterator<Item = &'a str>,
    mut expected: &[u8],
    image: impl Fn(usize, usize) -> RgbImage,
) {
    for case in cases {
        let [height, width, operations] = case.splitn(3, ' ').collect::<Vec<_>>()[..] else {
            panic!("{case}");
        };
        let ours = run(&image(height.parse().unwrap(), width.parse().unwrap()), operations);
        let (theirs, rest) = expected.split_at(ours.len());
        expected = rest;
        let worst = std::iter::zip(&ours, theirs).map(|(a, b)| a.abs_diff(*b)).max();
        let others = std::iter::zip(&ours, theirs).filter(|(a, b)| a.abs_diff(**b) > 1).count();
        assert!(worst <= Some(1), "{case}: {worst:?} levels; more than 1 at {others} bytes");
    }
    assert!(expected.is_empty(), "{} bytes belong to no case", expected.len());
}

pub(crate) fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

#[test]
fn every_step_gives_the_references_pixels_within_one_level() {
    let cases = std::fs::read_to_string(golden("pixel-ops.txt")).unwrap();
    assert!(cases.lines().count() > 70, "cases are missing");
    let expected = std::fs::read(golden("pixel-ops.rgb")).unwrap();
    assert_equal(cases.lines(), &expected, picture);
}

/// Some photographs of `imagenet-photos-250.tar`, or none where it is absent.
fn photographs(every: usize) -> Vec<RgbImage> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("RESNET_TEST_DATA").map_or(default, PathBuf::from);
    let Ok(archive) = std::fs::File::open(folder.join("imagenet-photos-250.tar")) else {
        eprintln!("SKIPPED: no imagenet-photos-250.tar in {}", folder.display());
        return Vec::new();
    };
    let mut archive = tar::Archive::new(archive);
    let photographs = archive.entries().unwrap().step_by(every).map(|entry| {
        let (mut encoded, mut image) = (Vec::new(), RgbImage::default());
        std::io::Read::read_to_end(&mut entry.unwrap(), &mut encoded).unwrap();
        Jpeg::default().decode(&encoded, &mut image).ok().map(|()| image)
    });
    photographs.flatten().collect()
}

/// The interpreter in `RESNET_PYTHON`, where it has both references: other tests need TensorFlow alone.
fn reference_python() -> Option<std::ffi::OsString> {
    let python = std::env::var_os("RESNET_PYTHON")?;
    let imports = "import tensorflow, torchvision";
    let output = Command::new(&python).args(["-c", imports]).output().unwrap();
    output.status.success().then_some(python)
}

#[test]
fn photographs_come_out_as_from_the_reference_within_one_level() {
    let Some(python) = reference_python() else {
        eprintln!("SKIPPED: RESNET_PYTHON names no interpreter with torchvision and TensorFlow");
        return;
    };
    let small = std::fs::read_to_string(golden("pixel-ops.txt")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let [cases, pixels, results] =
        ["cases", "pixels", "results"].map(|name| folder.path().join(name));
    for photo in photographs(60) {
        // The same operations, on a picture of another size.
        let (height, width) = (photo.height, photo.width);
        let operations = small.lines().filter_map(|line| line.strip_prefix("31 23 "));
        let lines: Vec<_> = operations.map(|rest| format!("{height} {width} {rest}")).collect();
        std::fs::write(&cases, lines.join("\n")).unwrap();
        std::fs::write(&pixels, &photo.pixels).unwrap();
        let mut command = Command::new(&python);
        command.arg(golden("transforms.py")).args([&cases, &pixels, &results]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let expected = std::fs::read(&results).unwrap();
        assert_equal(lines.iter().map(String::as_str), &expected, |_, _| photo.clone());
    }
}
