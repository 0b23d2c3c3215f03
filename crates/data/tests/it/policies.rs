//! What the random steps draw, against torchvision's operations, strengths and frequencies.
//!
//! `tests/golden/transforms.py` writes the tables.

use std::collections::{BTreeMap, BTreeSet};

use resnet_data::{Augment, PixelOp, PixelSampling, SampleRng};

use crate::pixel_ops::golden;

/// An operation under torchvision's name, with its magnitude in millionths (and as it is cut to
/// whole numbers there).
type Drawn = (String, i64);

fn drawn(name: &str, magnitude: f64) -> Drawn {
    let whole = matches!(name, "TranslateX" | "TranslateY" | "Posterize");
    let magnitude = if whole { magnitude.trunc() } else { magnitude };
    (name.to_owned(), (magnitude * 1e6).round() as i64)
}

/// `None` for an operation without strength.
fn described(op: &PixelOp) -> Option<Drawn> {
    Some(match *op {
        PixelOp::ShearX(slope, _) => drawn("ShearX", slope),
        PixelOp::ShearY(slope, _) => drawn("ShearY", slope),
        PixelOp::Translate { x, y: 0 } if x != 0 => drawn("TranslateX", x.into()),
        PixelOp::Translate { y, .. } => drawn("TranslateY", y.into()),
        PixelOp::Rotate(degrees, _) => drawn("Rotate", degrees),
        PixelOp::Brightness(factor) => drawn("Brightness", factor - 1.0),
        PixelOp::Saturation(factor) => drawn("Color", factor - 1.0),
        PixelOp::Contrast(factor) => drawn("Contrast", factor - 1.0),
        PixelOp::Sharpness(factor) => drawn("Sharpness", factor - 1.0),
        PixelOp::Posterize(bits) => drawn("Posterize", bits.into()),
        PixelOp::Solarize(threshold) => drawn("Solarize", threshold),
        _ => return None,
    })
}

fn draws(step: Augment, size: (usize, usize), index: u64) -> Vec<PixelOp> {
    let mut ops = Vec::new();
    step.draw(size.0, size.1, &mut SampleRng::for_sample(3, 1, index), &mut ops);
    ops
}

/// Every operation with a strength that `count` images meet.
fn met(step: Augment, size: (usize, usize), count: u64) -> BTreeSet<Drawn> {
    let ops = (0..count).flat_map(|index| draws(step, size, index));
    // A translation by nothing does not say in which direction.
    let ops = ops.filter(|op| !matches!(op, PixelOp::Translate { x: 0, y: 0 }));
    ops.filter_map(|op| described(&op)).collect()
}

/// The operations of torchvision's table, by policy, bins, height, width and index.
fn table() -> BTreeMap<[String; 5], BTreeSet<Drawn>> {
    let text = std::fs::read_to_string(golden("policies.txt")).unwrap();
    let mut table: BTreeMap<[String; 5], BTreeSet<Drawn>> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let entry = table.entry(std::array::from_fn(|at| words[at].clone())).or_default();
        let value: f64 = words[6].parse().unwrap();
        let values = if words[7] == "signed" { vec![value, -value] } else { vec![value] };
        let ops = values.iter().map(|&value| drawn(&words[5], value));
        entry.extend(ops.filter(|(name, value)| !name.starts_with("Translate") || *value != 0));
    }
    table
}

fn assert_same(step: Augment, ours: &BTreeSet<Drawn>, theirs: &BTreeSet<Drawn>) {
    let differences: Vec<&Drawn> = ours.symmetric_difference(theirs).collect();
    assert!(!theirs.is_empty() && differences.is_empty(), "{step:?}: {differences:?}");
}

const NEAREST: PixelSampling = PixelSampling::Nearest;

#[test]
fn policies_draw_torchvisions_operations_with_its_strengths() {
    let mut by_policy: BTreeMap<(String, usize, (usize, usize)), BTreeSet<Drawn>> = BTreeMap::new();
    for ([policy, bins, height, width, index], expected) in table() {
        let (bins, index) = (bins.parse().unwrap(), index.parse().unwrap());
        let size = (height.parse().unwrap(), width.parse().unwrap());
        if policy == "rand-augment" {
            let step = Augment::RandAugment { ops: 2, magnitude: index, bins, sampling: NEAREST };
            assert_same(step, &met(step, size, 400), &expected);
        } else {
            by_policy.entry((policy, bins, size)).or_default().extend(expected);
        }
    }
    assert_eq!(by_policy.len(), 2);
    for ((policy, bins, size), expected) in by_policy {
        let step = match &*policy {
            "aug-mix" => {
                Augment::AugMix { severity: bins, width: 3, depth: Some(3), sampling: NEAREST }
            }
            _ => Augment::TrivialAugmentWide { bins, sampling: NEAREST },
        };
        assert_same(step, &met(step, size, 30_000), &expected);
    }
}

/// Fails if counts of equally likely outcomes differ by more than chance lets them once in 10,000.
fn assert_even(counts: &[f64]) {
    let expected = counts.iter().sum::<f64>() / counts.len() as f64;
    let chi: f64 = counts.iter().map(|count| (count - expected).powi(2) / expected).sum();
    let freedom = (counts.len() - 1) as f64;
    // Wilson and Hilferty's approximation of the quantile at 3.72 standard deviations.
    let spread = 2.0 / (9.0 * freedom);
    let limit = freedom * (1.0 - spread + 3.72 * spread.sqrt()).powi(3);
    assert!(chi < limit, "chi-square {chi:.1} of {counts:?} is above {limit:.1}");
}

#[test]
fn rand_augment_takes_every_operation_and_sign_equally_often() {
    let mut counts: BTreeMap<String, [f64; 2]> = BTreeMap::new();
    let mut nothing = 0.0;
    let step = Augment::RandAugment { ops: 1, magnitude: 9, bins: 31, sampling: NEAREST };
    for index in 0..28_000 {
        let [op] = draws(step, (224, 224), index)[..] else {
            nothing += 1.0;
            continue;
        };
        let (name, value) = described(&op).unwrap_or_else(|| (format!("{op:?}"), 0));
        counts.entry(name).or_default()[usize::from(value < 0)] += 1.0;
    }
    let sums = counts.values().map(|[plus, minus]| plus + minus).chain([nothing]);
    let sums: Vec<f64> = sums.collect();
    assert_eq!(sums.len(), 14, "{counts:?}");
    assert_even(&sums);
    let unsigned = ["Posterize", "Solarize", "AutoContrast", "Equalize"];
    for (name, signs) in counts.iter().filter(|(name, _)| !unsigned.contains(&name.as_str())) {
        assert!(signs[1] > 0.0, "{name} is never negative");
        assert_even(signs);
    }
}

#[test]
fn auto_augment_takes_every_operation_as_often_as_torchvision() {
    const IMAGES: f64 = 100_000.0;
    let mut counts: BTreeMap<Drawn, f64> = BTreeMap::new();
    for index in 0..IMAGES as u64 {
        for op in draws(Augment::AutoAugment { sampling: NEAREST }, (224, 224), index) {
            let name = described(&op).unwrap_or_else(|| (format!("{op:?}"), 0));
            *counts.entry(name).or_default() += 1.0;
        }
    }
    let text = std::fs::read_to_string(golden("auto-augment.txt")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    for line in lines {
        let words: Vec<&str> = line.split(' ').collect();
        let expected = IMAGES * words[2].parse::<f64>().unwrap();
        let count = counts.remove(&drawn(words[0], words[1].parse().unwrap())).unwrap_or(0.0);
        // Five standard deviations of rare events, which are more than those of common ones.
        assert!((count - expected).abs() <= 5.0 * expected.sqrt(), "{line}: {count}");
    }
    assert!(counts.is_empty(), "torchvision has none of {counts:?}");
}

#[test]
fn aug_mix_shares_are_even_and_chains_have_one_to_three_operations() {
    let (mut kept, mut first, mut depths) = (Vec::new(), Vec::new(), [0.0; 3]);
    for index in 0..6000 {
        let ops = draws(Augment::aug_mix(), (32, 32), index);
        let [PixelOp::MixBegin(share), chains @ .., PixelOp::MixEnd] = &ops[..] else {
            panic!("{ops:?}");
        };
        let mut shares = Vec::new();
        for chain in chains.split_inclusive(|op| matches!(op, PixelOp::MixAdd(_))) {
            let [ops @ .., PixelOp::MixAdd(share)] = chain else { panic!("{chain:?}") };
            depths[ops.len() - 1] += 1.0;
            shares.push(*share);
        }
        assert_eq!(shares.len(), 3);
        assert!((share + shares.iter().sum::<f32>() - 1.0).abs() < 1e-5, "{share} {shares:?}");
        kept.push(f64::from(*share));
        first.push(f64::from(shares[0] / (1.0 - share)));
    }
    assert_even(&depths);
    assert_even(&tenths(kept.iter().copied()));
    // One of three even shares exceeds x with probability (1 - x)^2.
    assert_even(&tenths(first.iter().map(|share| (1.0 - share).powi(2))));
}

/// How many numbers from 0 to 1 fall into each tenth.
fn tenths(values: impl Iterator<Item = f64>) -> [f64; 10] {
    let mut counts = [0.0; 10];
    for value in values {
        counts[((value * 10.0) as usize).min(9)] += 1.0;
    }
    counts
}

#[test]
fn colour_jitter_takes_every_order_and_spreads_its_factors_evenly() {
    let jitter = Augment::ColorJitter { brightness: 0.4, contrast: 1.5, saturation: 0.2, hue: 0.1 };
    let mut orders: BTreeMap<Vec<usize>, f64> = BTreeMap::new();
    let mut factors = [const { Vec::new() }; 4];
    for index in 0..12_000 {
        let mut order = Vec::new();
        for op in draws(jitter, (8, 8), index) {
            let (kind, place) = match op {
                PixelOp::Brightness(factor) => (0, (factor - 0.6) / 0.8),
                // The lower end is cut at 0.
                PixelOp::Contrast(factor) => (1, factor / 2.5),
                PixelOp::Saturation(factor) => (2, (factor - 0.8) / 0.4),
                PixelOp::Hue(turn) => (3, (turn + 0.1) / 0.2),
                other => panic!("{other:?}"),
            };
            assert!((0.0..=1.0).contains(&place), "{op:?} is out of range");
            order.push(kind);
            factors[kind].push(place);
        }
        *orders.entry(order).or_default() += 1.0;
    }
    assert_eq!(orders.len(), 24);
    assert_even(&orders.into_values().collect::<Vec<_>>());
    for places in factors {
        assert_even(&tenths(places.into_iter()));
    }
}

#[test]
fn colour_jitter_leaves_out_what_has_no_range() {
    let jitter = Augment::ColorJitter { brightness: 0.0, contrast: 0.5, saturation: 0.0, hue: 0.0 };
    for index in 0..100 {
        let ops = draws(jitter, (8, 8), index);
        assert!(matches!(ops[..], [PixelOp::Contrast(_)]), "{ops:?}");
    }
}

#[test]
fn rotations_spread_evenly_over_their_range() {
    let step = Augment::Rotation { degrees: 15.0, sampling: NEAREST };
    let angles = (0..6000).map(|index| match draws(step, (8, 8), index)[..] {
        [PixelOp::Rotate(degrees, NEAREST)] => (degrees + 15.0) / 30.0,
        ref other => panic!("{other:?}"),
    });
    assert_even(&tenths(angles));
}

#[test]
fn flips_greyscale_and_erasing_happen_with_their_probability() {
    let erasing =
        Augment::RandomErasing { p: 0.3, scale: (0.02, 0.33), ratio: (0.3, 3.3), value: [1, 2, 3] };
    let steps = [
        Augment::HorizontalFlip { p: 0.3 },
        Augment::VerticalFlip { p: 0.3 },
        Augment::Grayscale { p: 0.3 },
        erasing,
    ];
    for step in steps {
        let count: usize = (0..10_000).map(|index| draws(step, (64, 64), index).len()).sum();
        // Five standard deviations.
        assert!(count.abs_diff(3000) < 230, "{step:?}: {count}");
    }
}

#[test]
fn what_is_drawn_depends_on_seed_epoch_and_sample_alone() {
    let draw = |seed, epoch, index| {
        let mut ops = Vec::new();
        for step in [Augment::rand_augment(), Augment::aug_mix(), Augment::random_erasing(1.0)] {
            step.draw(64, 64, &mut SampleRng::for_sample(seed, epoch, index), &mut ops);
        }
        ops
    };
    assert_eq!(draw(1, 2, 3), draw(1, 2, 3));
    for other in [draw(0, 2, 3), draw(1, 0, 3), draw(1, 2, 0)] {
        assert_ne!(draw(1, 2, 3), other);
    }
}
