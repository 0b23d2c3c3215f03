//! The two innermost loops, which do all the multiplications.
//!
//! Everything here is `inline(always)`: it must be compiled with the instructions of the caller's
//! [`pulp`] dispatch.

use pulp::{Arch, Simd, WithSimd};

/// Rows of a tile of [`outer`]: with three vectors a row, 24 accumulators of 32 registers with
/// AVX-512 and 12 of 16 otherwise.
#[inline(always)]
pub(crate) fn outer_rows<S: Simd>() -> usize {
    if S::F32_LANES == 16 { 8 } else { 4 }
}

/// [`outer_rows`] of this machine.
pub(crate) fn outer_rows_here() -> usize {
    struct Rows;
    impl WithSimd for Rows {
        type Output = usize;
        #[inline(always)]
        fn with_simd<S: Simd>(self, _simd: S) -> usize {
            outer_rows::<S>()
        }
    }
    Arch::new().dispatch(Rows)
}

/// Sets `tile` `[MR, NV * lanes]` to the product of `a` `[depth, MR]` and `b` `[depth, NV * lanes]`.
#[inline(always)]
pub(crate) fn outer<S: Simd, const MR: usize, const NV: usize>(
    simd: S,
    a: &[f32],
    b: &[f32],
    tile: &mut [f32],
) {
    let mut sums = [[simd.splat_f32s(0.0); NV]; MR];
    let b = S::as_simd_f32s(b).0.as_chunks::<NV>().0;
    for (a, b) in a.as_chunks::<MR>().0.iter().zip(b) {
        for m in 0..MR {
            let a = simd.splat_f32s(a[m]);
            for n in 0..NV {
                sums[m][n] = simd.mul_add_f32s(a, b[n], sums[m][n]);
            }
        }
    }
    let tile = S::as_mut_simd_f32s(tile).0.as_chunks_mut::<NV>().0;
    for (to, row) in tile.iter_mut().zip(&sums) {
        *to = *row;
    }
}

/// The `MR` times `NR` scalar products of rows of `a` and rows of `b`, all `length` long, a multiple
/// of the vector width.
#[inline(always)]
pub(crate) fn inner<S: Simd, const MR: usize, const NR: usize>(
    simd: S,
    a: &[f32],
    b: &[f32],
    length: usize,
) -> [[f32; NR]; MR] {
    let vectors = length / S::F32_LANES;
    let (a, b) = (rows::<S, MR>(a, vectors), rows::<S, NR>(b, vectors));
    let mut sums = [[simd.splat_f32s(0.0); NR]; MR];
    for i in 0..vectors {
        for m in 0..MR {
            for n in 0..NR {
                sums[m][n] = simd.mul_add_f32s(a[m][i], b[n][i], sums[m][n]);
            }
        }
    }
    let mut products = [[0.0; NR]; MR];
    for m in 0..MR {
        for n in 0..NR {
            products[m][n] = simd.reduce_sum_f32s(sums[m][n]);
        }
    }
    products
}

#[inline(always)]
fn rows<S: Simd, const N: usize>(values: &[f32], vectors: usize) -> [&[S::f32s]; N] {
    let vector_rows = S::as_simd_f32s(values).0;
    let mut rows = [&vector_rows[..0]; N];
    for (n, row) in rows.iter_mut().enumerate() {
        *row = &vector_rows[n * vectors..][..vectors];
    }
    rows
}
