//! The two innermost loops, which do all the multiplications, and their tiles.
//!
//! Everything here is `inline(always)`: it must be compiled with the instructions of the caller's
//! [`pulp`] dispatch.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use crate::instructions::dispatch;

/// Pixels or rows of a tile: with four vectors in each, 24 sums, four factors and one more fill most of
/// the 32 registers of AVX-512; with two, those of AVX2.
pub(crate) const HEIGHT: usize = 6;

/// Vectors of a tile's row, for `channels` channels: 1, 2 or 4.
#[inline(always)]
pub(crate) fn vectors<S: Simd>(channels: usize) -> usize {
    let most = if S::F32_LANES == 8 { 2 } else { 4 };
    channels.div_ceil(S::F32_LANES).next_power_of_two().clamp(1, most)
}

/// Numbers of a vector on this machine.
pub(crate) fn lanes() -> usize {
    struct Lanes;
    impl WithSimd for Lanes {
        type Output = usize;
        #[inline(always)]
        fn with_simd<S: Simd>(self, _simd: S) -> usize {
            S::F32_LANES
        }
    }
    dispatch(Lanes)
}

/// Channels of a tile on this machine, for `channels` channels.
pub(crate) fn width(channels: usize) -> usize {
    struct Width(usize);
    impl WithSimd for Width {
        type Output = usize;
        #[inline(always)]
        fn with_simd<S: Simd>(self, _simd: S) -> usize {
            vectors::<S>(self.0) * S::F32_LANES
        }
    }
    dispatch(Width(channels))
}

/// Sums of [`HEIGHT`] pixels or rows, vectors of channels each.
pub(crate) type Tile<S, const NV: usize> = [[<S as Simd>::f32s; NV]; HEIGHT];

/// Sums that begin.
#[inline(always)]
pub(crate) fn zero<S: Simd, const NV: usize>(simd: S) -> Tile<S, NV> {
    [[simd.splat_f32s(0.0); NV]; HEIGHT]
}

/// Up to `NV` vectors of a tile's row; what is missing is zero.
#[inline(always)]
pub(crate) fn row<S: Simd, const NV: usize>(simd: S, values: &[f32]) -> [S::f32s; NV] {
    if let Some(vectors) = S::as_simd_f32s(values).0.first_chunk() {
        return *vectors;
    }
    let mut vectors = [simd.splat_f32s(0.0); NV];
    for (vector, values) in vectors.iter_mut().zip(values.chunks(S::F32_LANES)) {
        *vector = simd.partial_load_f32s(values);
    }
    vectors
}

/// Adds to `sums` the products of `rows`, the same length each, and `weights` `[length, NV * lanes]`.
#[inline(always)]
pub(crate) fn add_rows<S: Simd, const NV: usize>(
    simd: S,
    sums: &mut Tile<S, NV>,
    rows: [&[f32]; HEIGHT],
    weights: &[f32],
) {
    let weights = S::as_simd_f32s(weights).0.as_chunks::<NV>().0;
    // A copy, so that the sums stay in registers.
    let mut local = *sums;
    // Zipped, not indexed: a check in the loop would keep the weights out of the registers.
    let [a, b, c, d, e, f] = rows;
    let rows = a.iter().zip(b).zip(c).zip(d).zip(e).zip(f);
    for (weights, (((((a, b), c), d), e), f)) in weights.iter().zip(rows) {
        let factors = [a, b, c, d, e, f];
        for m in 0..HEIGHT {
            let factor = simd.splat_f32s(*factors[m]);
            for n in 0..NV {
                local[m][n] = simd.mul_add_e_f32s(factor, weights[n], local[m][n]);
            }
        }
    }
    *sums = local;
}

/// Adds to `sums` the products of the first [`HEIGHT`] numbers of every `stride` of `columns` and the
/// rows of `vectors` `[length, NV * lanes]`.
#[inline(always)]
pub(crate) fn add_columns<S: Simd, const NV: usize>(
    simd: S,
    sums: &mut Tile<S, NV>,
    (columns, stride): (&[f32], usize),
    vectors: &[f32],
) {
    let vectors = S::as_simd_f32s(vectors).0.as_chunks::<NV>().0;
    // A copy, so that the sums stay in registers.
    let mut local = *sums;
    for (column, vectors) in columns.chunks(stride).zip(vectors) {
        let Some(column) = column.first_chunk::<HEIGHT>() else { continue };
        for m in 0..HEIGHT {
            let factor = simd.splat_f32s(column[m]);
            for n in 0..NV {
                local[m][n] = simd.mul_add_e_f32s(factor, vectors[n], local[m][n]);
            }
        }
    }
    *sums = local;
}

/// Adds what there is so far of `channels` of the pixels that begin at `to`.
#[inline(always)]
pub(crate) fn add_stored<S: Simd, const NV: usize, const H: usize>(
    simd: S,
    target: &[f32],
    to: &[usize],
    channels: &Range<usize>,
    sums: &mut [[S::f32s; NV]; H],
) {
    for (sums, to) in sums.iter_mut().zip(to) {
        let from = row::<S, NV>(simd, &target[to + channels.start..][..channels.len()]);
        for n in 0..NV {
            sums[n] = simd.add_f32s(sums[n], from[n]);
        }
    }
}

/// Writes the sums of `channels` of the pixels that begin at `to`.
#[inline(always)]
pub(crate) fn store<S: Simd, const NV: usize, const H: usize>(
    simd: S,
    target: &mut [f32],
    to: &[usize],
    channels: &Range<usize>,
    sums: &[[S::f32s; NV]; H],
) {
    for (sums, to) in sums.iter().zip(to) {
        let to = &mut target[to + channels.start..][..channels.len()];
        if let Some(to) = S::as_mut_simd_f32s(to).0.first_chunk_mut() {
            *to = *sums;
        } else {
            for (sum, to) in sums.iter().zip(to.chunks_mut(S::F32_LANES)) {
                simd.partial_store_f32s(to, *sum);
            }
        }
    }
}
