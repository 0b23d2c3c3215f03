//! RandAugment, TrivialAugment, AutoAugment and AugMix: which operations follow on each other.
//!
//! Source of the lists and ranges: torchvision 0.26, `transforms/autoaugment.py`.

use super::interpolation::PixelSampling;
use super::magnitudes::Kind::{self, *};
use super::magnitudes::Ranges;
use super::op::PixelOp;
use crate::random::SampleRng;

/// The operations of RandAugment and TrivialAugment.
const ALL: [Kind; 14] = [
    Identity,
    ShearX,
    ShearY,
    TranslateX,
    TranslateY,
    Rotate,
    Brightness,
    Color,
    Contrast,
    Sharpness,
    Posterize,
    Solarize,
    AutoContrast,
    Equalize,
];

/// The pairs of AutoAugment's ImageNet policy: operation, probability, strength of 10.
const IMAGENET: [[(Kind, f64, usize); 2]; 25] = [
    [(Posterize, 0.4, 8), (Rotate, 0.6, 9)],
    [(Solarize, 0.6, 5), (AutoContrast, 0.6, 0)],
    [(Equalize, 0.8, 0), (Equalize, 0.6, 0)],
    [(Posterize, 0.6, 7), (Posterize, 0.6, 6)],
    [(Equalize, 0.4, 0), (Solarize, 0.2, 4)],
    [(Equalize, 0.4, 0), (Rotate, 0.8, 8)],
    [(Solarize, 0.6, 3), (Equalize, 0.6, 0)],
    [(Posterize, 0.8, 5), (Equalize, 1.0, 0)],
    [(Rotate, 0.2, 3), (Solarize, 0.6, 8)],
    [(Equalize, 0.6, 0), (Posterize, 0.4, 6)],
    [(Rotate, 0.8, 8), (Color, 0.4, 0)],
    [(Rotate, 0.4, 9), (Equalize, 0.6, 0)],
    [(Equalize, 0.0, 0), (Equalize, 0.8, 0)],
    [(Invert, 0.6, 0), (Equalize, 1.0, 0)],
    [(Color, 0.6, 4), (Contrast, 1.0, 8)],
    [(Rotate, 0.8, 8), (Color, 1.0, 2)],
    [(Color, 0.8, 8), (Solarize, 0.8, 7)],
    [(Sharpness, 0.4, 7), (Invert, 0.6, 0)],
    [(ShearX, 0.6, 5), (Equalize, 1.0, 0)],
    [(Color, 0.4, 0), (Equalize, 0.6, 0)],
    [(Equalize, 0.4, 0), (Solarize, 0.2, 4)],
    [(Solarize, 0.6, 5), (AutoContrast, 0.6, 0)],
    [(Invert, 0.6, 0), (Equalize, 1.0, 0)],
    [(Color, 0.6, 4), (Contrast, 1.0, 8)],
    [(Equalize, 0.8, 0), (Equalize, 0.6, 0)],
];

pub(super) fn rand_augment(
    count: usize,
    magnitude: usize,
    bins: usize,
    sampling: PixelSampling,
    size: (usize, usize),
    rng: &mut SampleRng,
    ops: &mut Vec<PixelOp>,
) {
    let ranges = Ranges::standard(bins, size);
    for _ in 0..count {
        let kind = one_of(&ALL, rng);
        let negative = kind.is_signed() && coin(rng);
        ops.extend(ranges.op(kind, magnitude, negative, sampling));
    }
}

pub(super) fn trivial_augment_wide(
    bins: usize,
    sampling: PixelSampling,
    rng: &mut SampleRng,
    ops: &mut Vec<PixelOp>,
) {
    ops.extend(any_strength(&ALL, &Ranges::wide(bins), bins, sampling, rng));
}

pub(super) fn auto_augment(
    sampling: PixelSampling,
    size: (usize, usize),
    rng: &mut SampleRng,
    ops: &mut Vec<PixelOp>,
) {
    let ranges = Ranges::standard(10, size);
    for (kind, p, magnitude) in one_of(&IMAGENET, rng) {
        let (happens, negative) = (rng.chance(p), coin(rng));
        if happens {
            ops.extend(ranges.op(kind, magnitude, negative, sampling));
        }
    }
}

pub(super) fn aug_mix(
    severity: usize,
    width: usize,
    depth: Option<usize>,
    sampling: PixelSampling,
    size: (usize, usize),
    rng: &mut SampleRng,
    ops: &mut Vec<PixelOp>,
) {
    let ranges = Ranges::aug_mix(size);
    let kept = rng.uniform(0.0, 1.0) as f32;
    let start = ops.len();
    ops.push(PixelOp::MixBegin(kept));
    for _ in 0..width {
        for _ in 0..depth.unwrap_or_else(|| 1 + rng.below(3) as usize) {
            // All but the identity.
            ops.extend(any_strength(&ALL[1..], &ranges, severity, sampling, rng));
        }
        // Exponential numbers as shares of their sum are spread evenly (a Dirichlet distribution).
        ops.push(PixelOp::MixAdd(-(1.0 - rng.uniform(0.0, 1.0)).ln() as f32));
    }
    share_out(&mut ops[start..], 1.0 - kept);
    ops.push(PixelOp::MixEnd);
}

/// Scales the shares of a mixture to the sum `whole`.
fn share_out(ops: &mut [PixelOp], whole: f32) {
    let share_of = |op: &PixelOp| if let PixelOp::MixAdd(share) = *op { share } else { 0.0 };
    let sum: f32 = ops.iter().map(share_of).sum();
    for op in ops {
        if let PixelOp::MixAdd(share) = op {
            *share *= whole / sum.max(f32::MIN_POSITIVE);
        }
    }
}

/// Any operation with any strength below `strengths`.
fn any_strength(
    kinds: &[Kind],
    ranges: &Ranges,
    strengths: usize,
    sampling: PixelSampling,
    rng: &mut SampleRng,
) -> Option<PixelOp> {
    let kind = one_of(kinds, rng);
    let strength = if kind.has_strength() { rng.below(strengths as u64) as usize } else { 0 };
    let negative = kind.is_signed() && coin(rng);
    ranges.op(kind, strength, negative, sampling)
}

fn one_of<T: Copy>(choices: &[T], rng: &mut SampleRng) -> T {
    choices[rng.below(choices.len() as u64) as usize]
}

fn coin(rng: &mut SampleRng) -> bool {
    rng.below(2) == 1
}
