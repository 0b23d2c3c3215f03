//! Operations that replace every level by another: Pillow's `ImageOps`.

use crate::level::Level;

pub(super) fn invert<L: Level>(pixels: &mut [L]) {
    pixels.iter_mut().for_each(|level| *level = inverse(*level));
}

fn inverse<L: Level>(level: L) -> L {
    let (most, level): (u32, u32) = (L::MAX.into(), level.into());
    L::of((most - level) as usize)
}

pub(super) fn posterize<L: Level>(pixels: &mut [L], bits: u32) {
    let mask = u32::MAX.checked_shl(L::BITS.saturating_sub(bits)).unwrap_or(0);
    let kept = |level: L| L::of((Into::<u32>::into(level) & mask) as usize);
    pixels.iter_mut().for_each(|level| *level = kept(*level));
}

/// `threshold` is one of 0 to 255.
pub(super) fn solarize<L: Level>(pixels: &mut [L], threshold: f64) {
    let threshold = threshold * (Into::<f64>::into(L::MAX) / 255.0);
    for level in pixels.iter_mut().filter(|level| Into::<f64>::into(**level) >= threshold) {
        *level = inverse(*level);
    }
}

pub(super) fn auto_contrast<L: Level>(pixels: &mut [L]) {
    replace(pixels, |counts| stretch::<L>(counts));
}

pub(super) fn equalize<L: Level>(pixels: &mut [L]) {
    replace(pixels, |counts| flatten(counts, L::BITS));
}

/// Gives each level of each channel the one that `becomes` puts in place of the number of its pixels.
fn replace<L: Level>(pixels: &mut [L], becomes: impl Fn(&mut [usize])) {
    let mut tables: [L::PerLevel; 3] = std::array::from_fn(|_| L::per_level());
    for colour in pixels.as_chunks::<3>().0 {
        for (counts, &level) in tables.iter_mut().zip(colour) {
            counts.as_mut()[place(level)] += 1;
        }
    }
    tables.iter_mut().for_each(|counts| becomes(counts.as_mut()));
    for colour in pixels.as_chunks_mut::<3>().0 {
        *colour = std::array::from_fn(|c| L::of(tables[c].as_ref()[place(colour[c])]));
    }
}

fn place<L: Level>(level: L) -> usize {
    Into::<u32>::into(level) as usize
}

/// Every level stays.
fn identity(levels: &mut [usize]) {
    levels.iter_mut().enumerate().for_each(|(level, becomes)| *becomes = level);
}

/// Darkest level to 0, lightest to the brightest.
fn stretch<L: Level>(counts: &mut [usize]) {
    let low = counts.iter().position(|&count| count > 0).unwrap_or(0);
    let high = counts.iter().rposition(|&count| count > 0).unwrap_or(0);
    if high <= low {
        return identity(counts);
    }
    let scale = Into::<f64>::into(L::MAX) / (high - low) as f64;
    let offset = -(low as f64) * scale;
    for (level, becomes) in counts.iter_mut().enumerate() {
        *becomes = place(L::truncated(level as f64 * scale + offset));
    }
}

/// Levels by the number of pixels below them.
fn flatten(counts: &mut [usize], bits: u32) {
    let most = counts.len() - 1;
    let brightest = counts.iter().rfind(|&&count| count > 0).copied().unwrap_or(0);
    let others = counts.iter().sum::<usize>() - brightest;
    // Pillow counts in whole pixels for each level. Of 65,536 levels most have less than one.
    let (step, scale) = if bits == 8 { (others / most, 1) } else { (others, most) };
    if step == 0 {
        return identity(counts);
    }
    let mut below = if bits == 8 { step / 2 } else { 0 };
    for becomes in counts {
        let count = *becomes;
        *becomes = (below * scale / step).min(most);
        below += count;
    }
}
