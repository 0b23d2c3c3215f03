//! The distribution of random parameters against torchvision's.
//!
//! `tests/golden/draws.txt` and `regions.txt` hold quantiles of draws of torchvision's and
//! TensorFlow's own code.

use resnet_data::{
    Augment, PixelOp, Region, RgbImage, SampleRng, Scratch, Transform, distorted_box,
    random_resized_crop,
};

use crate::pixel_ops::golden;

const PROBABILITIES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];
const DRAWS: u64 = 20_000;

/// Five standard errors of a quantile of 20,000 draws, where a quantity of range 1 is spread evenly,
/// are 0.018; steps between whole pixels add to that.
const TOLERANCE: f64 = 0.03;

/// Draws one rectangle of an image, as the step of this name does.
fn draw(kind: &str, height: usize, width: usize, index: u64) -> Region {
    let mut rng = SampleRng::for_sample(9, 0, index);
    let rng = &mut rng;
    match kind {
        "crop" => random_resized_crop(height, width, (0.08, 1.0), (3.0 / 4.0, 4.0 / 3.0), rng),
        "distorted-box" => distorted_box(height, width, (0.05, 1.0), (0.75, 1.33), 0.1, 100, rng),
        "erasing" => {
            let mut ops = Vec::new();
            Augment::random_erasing(1.0).draw(height, width, rng, &mut ops);
            match ops[..] {
                [PixelOp::Erase { region, .. }] => region,
                // torchvision gives the whole image where it found no rectangle.
                _ => Region::whole(height, width),
            }
        }
        _ => panic!("unknown step {kind}"),
    }
}

/// Share of the area, logarithm of the aspect, and place of the corner as a share of the room.
fn quantity(name: &str, region: Region, height: usize, width: usize) -> f64 {
    let (h, w) = (region.height as f64, region.width as f64);
    let place = |offset: usize, extent: usize, part: usize| {
        (offset as f64 + 0.5) / (extent - part + 1) as f64
    };
    match name {
        "area" => h * w / (height * width) as f64,
        "aspect" => (w / h).ln(),
        "top" => place(region.top, height, region.height),
        "left" => place(region.left, width, region.width),
        _ => panic!("unknown quantity {name}"),
    }
}

fn quantiles(kind: &str, height: usize, width: usize, name: &str) -> Vec<f64> {
    let value = |index| quantity(name, draw(kind, height, width, index), height, width);
    let mut values: Vec<f64> = (0..DRAWS).map(value).collect();
    values.sort_by(f64::total_cmp);
    PROBABILITIES.iter().map(|p| values[(p * (DRAWS - 1) as f64).round() as usize]).collect()
}

/// Compares with a line such as `375 500 area 0.11 0.25 0.42 0.59 0.81`.
fn assert_distributed_as(kind: &str, line: &str) {
    let words: Vec<&str> = line.split(' ').collect();
    let (height, width) = (words[0].parse().unwrap(), words[1].parse().unwrap());
    let ours = quantiles(kind, height, width, words[2]);
    let theirs: Vec<f64> = words[3..].iter().map(|word| word.parse().unwrap()).collect();
    assert_eq!(ours.len(), theirs.len(), "{line}");
    // Where the quantity is spread over more than 1, or in steps between whole pixels.
    let unit = (theirs[4] - theirs[0]).max(1.0);
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert!((ours - theirs).abs() < TOLERANCE * unit, "{kind} {line}: we have {ours:.4}");
    }
}

fn lines(name: &str, count: usize) -> Vec<String> {
    let table = std::fs::read_to_string(golden(name)).unwrap();
    let lines: Vec<_> = table.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines.len(), count);
    lines.into_iter().map(str::to_owned).collect()
}

#[test]
fn random_resized_crops_are_distributed_as_torchvisions() {
    lines("draws.txt", 12).iter().for_each(|line| assert_distributed_as("crop", line));
}

#[test]
fn erased_rectangles_and_distorted_boxes_are_distributed_as_the_references() {
    for line in lines("regions.txt", 20) {
        let (kind, line) = line.split_once(' ').unwrap();
        assert_distributed_as(kind, line);
    }
}

/// Offsets and flips of `PadCrop`, read off an image of one white pixel.
#[test]
fn pad_crops_reach_every_offset_and_flip_equally_often() {
    let mut image = RgbImage { height: 9, width: 9, pixels: vec![0; 9 * 9 * 3] };
    // Off the centre, so that a flip can be told from a shift.
    image.pixels[(4 * 9 + 3) * 3] = 255;
    let transform = Transform::pad_crop(9, 1);
    let mut counts = std::collections::BTreeMap::new();
    let mut scratch = Scratch::default();
    for index in 0..18_000 {
        let mut out = [0u8; 9 * 9 * 3];
        let mut rng = SampleRng::for_sample(1, 0, index);
        transform.apply(&image, &mut rng, &mut scratch, &mut out).unwrap();
        let place = out.iter().position(|&level| level == 255).unwrap() / 3;
        *counts.entry((place / 9, place % 9)).or_insert(0u32) += 1;
    }
    // Rows 3 to 5; columns 2 to 4, or mirrored 4 to 6: column 4 is reached both ways.
    assert_eq!(counts.len(), 3 * 5, "{counts:?}");
    for ((_, column), count) in counts {
        let expected = if column == 4 { 2000.0 } else { 1000.0 };
        // Five standard deviations.
        assert!((f64::from(count) - expected).abs() < 5.0 * f64::sqrt(expected), "{count}");
    }
}
