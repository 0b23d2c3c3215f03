//! Weighted sums with vector instructions.

use std::arch::x86_64::__m256i;

use pulp::x86::V3;

use super::weights::{BITS, HALF};
use super::{Column, LEVELS};
use crate::transform::part::Part;

/// The weighted sum of columns, rounded: 4 bytes for each row.
#[inline(always)]
pub(super) fn weighted(simd: V3, columns: &[Column], weights: &[i32]) -> [[u8; 4]; 4] {
    let mut sums = [simd.avx._mm256_set1_epi32(HALF); 2];
    for (column, &weight) in columns.iter().zip(weights) {
        let weight = simd.avx._mm256_set1_epi32(weight);
        let [first, second]: [[u8; 8]; 2] = pulp::cast(*column);
        sums = [add(simd, sums[0], first, weight), add(simd, sums[1], second, weight)];
    }
    let words = simd.avx2._mm256_packs_epi32(shifted(simd, sums[0]), shifted(simd, sums[1]));
    let bytes = simd.avx2._mm256_packus_epi16(words, words);
    let [a, c, _, _, b, d, _, _]: [[u8; 4]; 8] = pulp::cast(bytes);
    [a, b, c, d]
}

/// The weighted sum of rows from `first` on, at the levels from `start` on, rounded.
#[inline(always)]
pub(super) fn rows_weighted(
    simd: V3,
    part: Part<'_>,
    first: usize,
    weights: &[i32],
    start: usize,
) -> [u8; LEVELS] {
    let mut sums = [simd.avx._mm256_set1_epi32(HALF); LEVELS / 8];
    for (index, &weight) in weights.iter().enumerate() {
        let weight = simd.avx._mm256_set1_epi32(weight);
        let row = part.row(first + index).as_flattened();
        let levels = row[start..start + LEVELS].as_chunks::<8>().0;
        for (sum, levels) in sums.iter_mut().zip(levels) {
            *sum = add(simd, *sum, *levels, weight);
        }
    }
    let mut out = [0; LEVELS];
    for (out, sums) in out.as_chunks_mut::<32>().0.iter_mut().zip(sums.as_chunks::<4>().0) {
        *out = pulp::cast(packed(simd, *sums));
    }
    out
}

#[inline(always)]
fn add(simd: V3, sum: __m256i, levels: [u8; 8], weight: __m256i) -> __m256i {
    let levels = pulp::cast([levels, [0; 8]]);
    let levels = simd.avx2._mm256_cvtepu8_epi32(levels);
    simd.avx2._mm256_add_epi32(sum, simd.avx2._mm256_mullo_epi32(levels, weight))
}

#[inline(always)]
fn shifted(simd: V3, sum: __m256i) -> __m256i {
    simd.avx2._mm256_srai_epi32::<{ BITS as i32 }>(sum)
}

/// The levels of 32 sums, in their order.
#[inline(always)]
fn packed(simd: V3, [a, b, c, d]: [__m256i; 4]) -> __m256i {
    let ordered = |words| simd.avx2._mm256_permute4x64_epi64::<0b11_01_10_00>(words);
    let low = simd.avx2._mm256_packs_epi32(shifted(simd, a), shifted(simd, b));
    let high = simd.avx2._mm256_packs_epi32(shifted(simd, c), shifted(simd, d));
    ordered(simd.avx2._mm256_packus_epi16(ordered(low), ordered(high)))
}
