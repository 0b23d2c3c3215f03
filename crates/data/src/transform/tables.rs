//! Operations that replace every level by another: Pillow's `ImageOps`.

/// The new level of each level, for red, green and blue.
type Tables = [[u8; 256]; 3];

fn replace(pixels: &mut [u8], tables: &Tables) {
    for colour in pixels.as_chunks_mut::<3>().0 {
        *colour = std::array::from_fn(|c| tables[c][usize::from(colour[c])]);
    }
}

fn identity() -> [u8; 256] {
    std::array::from_fn(|level| level as u8)
}

/// How many pixels have each level, for red, green and blue.
fn histograms(pixels: &[u8]) -> [[usize; 256]; 3] {
    let mut counts = [[0; 256]; 3];
    for colour in pixels.as_chunks::<3>().0 {
        for (count, &level) in counts.iter_mut().zip(colour) {
            count[usize::from(level)] += 1;
        }
    }
    counts
}

pub(super) fn invert(pixels: &mut [u8]) {
    pixels.iter_mut().for_each(|level| *level = !*level);
}

pub(super) fn posterize(pixels: &mut [u8], bits: u32) {
    let mask = u8::MAX.checked_shl(8u32.saturating_sub(bits)).unwrap_or(0);
    pixels.iter_mut().for_each(|level| *level &= mask);
}

pub(super) fn solarize(pixels: &mut [u8], threshold: f64) {
    for level in pixels.iter_mut().filter(|level| f64::from(**level) >= threshold) {
        *level = !*level;
    }
}

pub(super) fn auto_contrast(pixels: &mut [u8]) {
    replace(pixels, &histograms(pixels).map(|counts| stretch(&counts)));
}

/// Darkest level to 0, lightest to 255.
fn stretch(counts: &[usize; 256]) -> [u8; 256] {
    let low = counts.iter().position(|&count| count > 0).unwrap_or(0);
    let high = counts.iter().rposition(|&count| count > 0).unwrap_or(0);
    if high <= low {
        return identity();
    }
    let scale = 255.0 / (high - low) as f64;
    let offset = -(low as f64) * scale;
    std::array::from_fn(|level| (level as f64 * scale + offset) as u8)
}

pub(super) fn equalize(pixels: &mut [u8]) {
    replace(pixels, &histograms(pixels).map(|counts| flatten(&counts)));
}

/// Levels by the number of pixels below them.
fn flatten(counts: &[usize; 256]) -> [u8; 256] {
    let brightest = counts.iter().rfind(|&&count| count > 0).copied().unwrap_or(0);
    let step = (counts.iter().sum::<usize>() - brightest) / 255;
    if step == 0 {
        return identity();
    }
    let mut below = step / 2;
    counts.map(|count| {
        let level = (below / step).min(255) as u8;
        below += count;
        level
    })
}
