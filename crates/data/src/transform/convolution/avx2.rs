//! Weighted sums with vector instructions.

use std::arch::x86_64::__m256i;

use pulp::x86::V3;

use super::weights::{BITS, HALF};
use super::{Column, LEVELS, ROWS};
use crate::transform::part::Part;

/// Writes four columns, whose pixels begin at byte `start` of the rows.
#[inline(always)]
pub(super) fn spread(simd: V3, rows: [&[u8]; ROWS], start: usize, columns: &mut [Column; 4]) {
    let halves = rows.as_chunks::<4>().0;
    for (half, [a, b, c, d]) in halves.iter().enumerate() {
        let (even, odd) = (spaced(simd, a, c, start), spaced(simd, b, d, start));
        let [first, second] = ordered(simd, simd.avx2._mm256_unpacklo_epi32(even, odd));
        let [third, fourth] = ordered(simd, simd.avx2._mm256_unpackhi_epi32(even, odd));
        for (column, pixels) in columns.iter_mut().zip([first, second, third, fourth]) {
            column.as_chunks_mut().0[half] = pixels;
        }
    }
}

/// Four pixels of two rows, with a zero behind each.
#[inline(always)]
fn spaced(simd: V3, first: &[u8], second: &[u8], start: usize) -> __m256i {
    const PIXELS: [u8; 16] = [0, 1, 2, 128, 3, 4, 5, 128, 6, 7, 8, 128, 9, 10, 11, 128];
    let (first, second) = (sixteen(first, start), sixteen(second, start));
    simd.avx2._mm256_shuffle_epi8(pulp::cast([first, second]), pulp::cast([PIXELS; 2]))
}

#[inline(always)]
fn sixteen(row: &[u8], start: usize) -> [u8; 16] {
    *row[start..].first_chunk().expect("within the row")
}

/// The pixels of two columns, of which the halves lie side by side.
#[inline(always)]
fn ordered(simd: V3, pixels: __m256i) -> [[[u8; 4]; 4]; 2] {
    pulp::cast(simd.avx2._mm256_permute4x64_epi64::<0b11_01_10_00>(pixels))
}

/// The weighted sum of columns, rounded: 4 bytes for each row.
#[inline(always)]
pub(super) fn weighted(simd: V3, columns: &[Column], weights: &[i32]) -> Column {
    let mut sums = [simd.avx._mm256_set1_epi32(HALF); ROWS / 2];
    for (column, &weight) in columns.iter().zip(weights) {
        let weight = simd.avx._mm256_set1_epi32(weight);
        let levels: [[u8; 8]; ROWS / 2] = bytemuck::cast(*column);
        for (sum, levels) in sums.iter_mut().zip(levels) {
            *sum = add(simd, *sum, levels, weight);
        }
    }
    pulp::cast(packed(simd, sums))
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
    let low = simd.avx2._mm256_packs_epi32(shifted(simd, a), shifted(simd, b));
    let high = simd.avx2._mm256_packs_epi32(shifted(simd, c), shifted(simd, d));
    // Packing goes by halves of registers: here are a, b, c, d of the first and then of the second halves.
    let bytes = simd.avx2._mm256_packus_epi16(low, high);
    let order = pulp::cast([0, 4, 1, 5, 2, 6, 3, 7_i32]);
    simd.avx2._mm256_permutevar8x32_epi32(bytes, order)
}
