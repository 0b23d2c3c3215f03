//! The distribution of random parameters against torchvision's.
//!
//! `tests/golden/draws.txt` holds quantiles of 100,000 draws of torchvision's own code.

use std::path::Path;

use resnet_data::{RgbImage, SampleRng, Scratch, Transform, random_resized_crop};

const PROBABILITIES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];
const DRAWS: u64 = 20_000;

/// Five standard errors of a quantile of 20,000 draws, where a quantity of range 1 is spread evenly,
/// are 0.018; steps between whole pixels add to that.
const TOLERANCE: f64 = 0.03;

/// Share of the area, logarithm of the aspect, and place of the corner as a share of the room.
fn quantities(height: usize, width: usize, index: u64) -> [(&'static str, f64); 4] {
    let mut rng = SampleRng::for_sample(9, 0, index);
    let ratio = (3.0 / 4.0, 4.0 / 3.0);
    let region = random_resized_crop(height, width, (0.08, 1.0), ratio, &mut rng);
    let (h, w) = (region.height as f64, region.width as f64);
    let place = |offset: usize, extent: usize, part: usize| {
        (offset as f64 + 0.5) / (extent - part + 1) as f64
    };
    [
        ("area", h * w / (height * width) as f64),
        ("aspect", (w / h).ln()),
        ("top", place(region.top, height, region.height)),
        ("left", place(region.left, width, region.width)),
    ]
}

fn quantiles(height: usize, width: usize, name: &str) -> Vec<f64> {
    let value = |index| {
        let all = quantities(height, width, index);
        all.iter().find(|(other, _)| *other == name).unwrap().1
    };
    let mut values: Vec<f64> = (0..DRAWS).map(value).collect();
    values.sort_by(f64::total_cmp);
    PROBABILITIES.iter().map(|p| values[(p * (DRAWS - 1) as f64).round() as usize]).collect()
}

#[test]
fn random_resized_crops_are_distributed_as_torchvisions() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/draws.txt");
    let table = std::fs::read_to_string(path).unwrap();
    let lines: Vec<&str> = table.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines.len(), 12);
    for line in lines {
        let words: Vec<&str> = line.split(' ').collect();
        let (height, width) = (words[0].parse().unwrap(), words[1].parse().unwrap());
        let ours = quantiles(height, width, words[2]);
        for (ours, theirs) in ours.iter().zip(&words[3..]) {
            let theirs: f64 = theirs.parse().unwrap();
            assert!((ours - theirs).abs() < TOLERANCE, "{line}: we have {ours:.4}");
        }
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
        let mut out = [0; 9 * 9 * 3];
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
