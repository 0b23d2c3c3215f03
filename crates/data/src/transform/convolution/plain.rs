//! The same in plain code, for images of 16 bits, which are rare.

use super::weights::{BITS, Weights};
use crate::level::Level;
use crate::transform::part::Part;

/// Changes the width.
pub(super) fn across<L: Level>(part: Part<'_, L>, weights: &Weights, out: &mut [L]) {
    let rows = out.chunks_exact_mut(3 * weights.len()).take(part.region.height);
    for (row, out) in rows.enumerate() {
        let (row, (out, _)) = (part.row(row), out.as_chunks_mut::<3>());
        for (out, (first, weights)) in out.iter_mut().zip(weights.iter()) {
            let pixels = || row[first..].iter().zip(weights);
            *out = [0, 1, 2].map(|c| level(pixels().map(|(pixel, &weight)| (pixel[c], weight))));
        }
    }
}

/// Changes the height.
pub(super) fn down<L: Level>(part: Part<'_, L>, weights: &Weights, out: &mut [L]) {
    let stride = 3 * part.region.width;
    for (out, (first, weights)) in out.chunks_exact_mut(stride).zip(weights.iter()) {
        for (place, out) in out.iter_mut().enumerate() {
            let of = |index: usize| part.row(first + index).as_flattened()[place];
            *out = level(weights.iter().enumerate().map(|(index, &weight)| (of(index), weight)));
        }
    }
}

/// The weighted sum, rounded.
fn level<L: Level>(weighted: impl Iterator<Item = (L, i32)>) -> L {
    let product = |(level, weight): (L, i32)| i64::from(number(level)) * i64::from(weight);
    let sum = weighted.fold(1 << (BITS - 1), |sum, pair| sum + product(pair)) >> BITS;
    L::of(usize::try_from(sum).unwrap_or(0).min(number(L::MAX) as usize))
}

fn number<L: Level>(level: L) -> u32 {
    level.into()
}
