//! TensorFlow's way to draw a part of an image.

use super::region::Region;
use crate::random::SampleRng;

/// Draws a part of an image as TensorFlow's `sample_distorted_bounding_box` does for an image
/// without boxes: up to `tries` draws of an aspect and then a height, then the whole image.
///
/// `scale` is the range of the area as a share of the image, `ratio` the range of width divided by
/// height, drawn evenly; a part of less than `min_covered` of the image counts as a failed try. A
/// part that is shorter or narrower than the image never touches its last row or column.
///
/// Source: TensorFlow 2.21, `core/kernels/image/sample_distorted_bounding_box_op.cc`.
pub fn distorted_box(
    height: usize,
    width: usize,
    scale: (f64, f64),
    ratio: (f64, f64),
    min_covered: f64,
    tries: u32,
    rng: &mut SampleRng,
) -> Region {
    let area = (height * width) as f64;
    for _ in 0..tries {
        let aspect = rng.uniform(ratio.0, ratio.1);
        let Some((h, w)) = draw_size(height, width, scale, aspect, rng) else { continue };
        let mut place = |room: usize| rng.below(room as u64) as usize;
        let (top, left) = (place(height - h), place(width - w));
        if (h * w) as f64 >= min_covered * area {
            return Region { top, left, height: h, width: w };
        }
    }
    Region::whole(height, width)
}

/// Height and width of a part of the given aspect, the height drawn evenly from all that fit.
fn draw_size(
    height: usize,
    width: usize,
    scale: (f64, f64),
    aspect: f64,
    rng: &mut SampleRng,
) -> Option<(usize, usize)> {
    let area = (height * width) as f64;
    let (least, most) = (scale.0 * area, scale.1 * area);
    let rounded = |value: f64| value.round_ties_even() as usize;
    let size = |h: usize| (h, rounded(h as f64 * aspect));
    let area_of = |(h, w): (usize, usize)| (h * w) as f64;

    let tallest = tallest(height, width, rounded((most / aspect).sqrt()), aspect);
    let shortest = rounded((least / aspect).sqrt()).min(tallest);
    let room = tallest - shortest;
    let drawn = if room > 0 { rng.below(room as u64 + 1) as usize } else { 0 };
    let mut part = size(shortest + drawn);
    // Rounding may leave the range by one row.
    if area_of(part) < least {
        part = size(part.0 + 1);
    }
    if area_of(part) > most {
        part = size(part.0.saturating_sub(1));
    }
    let (h, w) = part;
    let fits = (1..=height).contains(&h) && (1..=width).contains(&w);
    (fits && (least..=most).contains(&area_of(part))).then_some(part)
}

/// The largest height up to `wanted` with which a part of this aspect lies inside the image.
fn tallest(height: usize, width: usize, wanted: usize, aspect: f64) -> usize {
    let too_wide = |h: usize| (h as f64 * aspect).round_ties_even() as usize > width;
    let mut tallest = wanted;
    if too_wide(tallest) {
        tallest = ((width as f64 + 0.5 - 1e-7) / aspect) as usize;
        if too_wide(tallest) {
            tallest -= 1;
        }
    }
    tallest.min(height)
}
