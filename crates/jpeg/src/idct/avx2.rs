//! Two blocks at a time: the left one in the lower half of each register, the right one in the upper.

use std::arch::x86_64::__m256i;

use pulp::x86::V3;

use super::{
    CONST_BITS, F_0_298, F_0_390, F_0_541, F_0_765, F_0_899, F_1_175, F_1_501, F_1_847, F_1_961,
    F_2_053, F_2_562, F_3_072, PASS1_BITS,
};
use crate::coefficients::Block;
use crate::frame::SIDE;
use crate::tables::Quantization;

type Rows = [__m256i; SIDE];

#[inline(always)]
pub(super) fn inverse(
    simd: V3,
    blocks: &[Block],
    quantization: &Quantization,
    out: &mut [u8],
    stride: usize,
) {
    let divisors = rows_of(quantization, quantization);
    let (pairs, rest) = blocks.as_chunks::<2>();
    for (index, [left, right]) in pairs.iter().enumerate() {
        let samples = pair(simd, &rows_of(left, right), &divisors);
        for (row, samples) in samples.iter().enumerate() {
            out[row * stride + 2 * SIDE * index..][..2 * SIDE].copy_from_slice(samples);
        }
    }
    if let [last] = rest {
        let samples = pair(simd, &rows_of(last, last), &divisors);
        for (row, samples) in samples.iter().enumerate() {
            let place = row * stride + 2 * SIDE * pairs.len();
            out[place..][..SIDE].copy_from_slice(&samples[..SIDE]);
        }
    }
}

/// The rows of two blocks, side by side.
#[inline(always)]
fn rows_of(left: &Block, right: &Block) -> Rows {
    let (left, right) = (left.as_chunks::<SIDE>().0, right.as_chunks::<SIDE>().0);
    let mut rows = [pulp::cast([0_i16; 16]); SIDE];
    for index in 0..SIDE {
        rows[index] = pulp::cast([left[index], right[index]]);
    }
    rows
}

/// The samples of two blocks, in rows.
#[inline(always)]
fn pair(simd: V3, blocks: &Rows, divisors: &Rows) -> [[u8; 2 * SIDE]; SIDE] {
    let mut input = *blocks;
    for index in 0..SIDE {
        input[index] = simd.avx2._mm256_mullo_epi16(blocks[index], divisors[index]);
    }
    let columns = transposed(simd, &first_pass(simd, blocks, &input));
    let across = pass::<{ (CONST_BITS + PASS1_BITS + 3) as i32 }>(simd, &columns);
    samples(simd, &transposed(simd, &across))
}

/// Down the columns. Blocks whose rows but the first are zero take a shorter way, which differs where
/// 16 bits are not enough.
#[inline(always)]
fn first_pass(simd: V3, blocks: &Rows, input: &Rows) -> Rows {
    let mut below = blocks[1];
    for row in &blocks[2..] {
        below = simd.avx2._mm256_or_si256(below, *row);
    }
    let [left, right]: [u128; 2] = pulp::cast(below);
    let flat = simd.avx2._mm256_slli_epi16::<{ PASS1_BITS as i32 }>(input[0]);
    if left == 0 && right == 0 {
        return [flat; SIDE];
    }
    let mut rows = pass::<{ (CONST_BITS - PASS1_BITS) as i32 }>(simd, input);
    if left == 0 {
        for row in &mut rows {
            *row = simd.avx2._mm256_blend_epi32::<0xf0>(flat, *row);
        }
    } else if right == 0 {
        for row in &mut rows {
            *row = simd.avx2._mm256_blend_epi32::<0xf0>(*row, flat);
        }
    }
    rows
}

/// Constants for [`multiply_add`].
#[inline(always)]
fn factors(simd: V3, a: i32, b: i32) -> __m256i {
    simd.avx._mm256_set1_epi32(a & 0xffff | b << 16)
}

/// Values of 32 bits: those of the first four columns, then those of the others.
type Halves = [__m256i; 2];

/// Pairs of values for [`multiply_add`].
#[inline(always)]
fn interleaved(simd: V3, a: __m256i, b: __m256i) -> Halves {
    [simd.avx2._mm256_unpacklo_epi16(a, b), simd.avx2._mm256_unpackhi_epi16(a, b)]
}

/// `a * factor_a + b * factor_b`, of pairs.
#[inline(always)]
fn multiply_add(simd: V3, pairs: Halves, factors: __m256i) -> Halves {
    let [low, high] = pairs;
    [simd.avx2._mm256_madd_epi16(low, factors), simd.avx2._mm256_madd_epi16(high, factors)]
}

#[inline(always)]
fn add(simd: V3, a: Halves, b: Halves) -> Halves {
    [simd.avx2._mm256_add_epi32(a[0], b[0]), simd.avx2._mm256_add_epi32(a[1], b[1])]
}

#[inline(always)]
fn subtract(simd: V3, a: Halves, b: Halves) -> Halves {
    [simd.avx2._mm256_sub_epi32(a[0], b[0]), simd.avx2._mm256_sub_epi32(a[1], b[1])]
}

/// The one-dimensional transform of every column, with `SHIFT` bits less.
#[inline(always)]
fn pass<const SHIFT: i32>(simd: V3, input: &Rows) -> Rows {
    let (even, odd) = (even(simd, input), odd(simd, input));
    let mut out = *input;
    for index in 0..4 {
        let (above, below) = (even[index], odd[index]);
        out[index] = narrowed::<SHIFT>(simd, add(simd, above, below));
        out[SIDE - 1 - index] = narrowed::<SHIFT>(simd, subtract(simd, above, below));
    }
    out
}

/// Rounds `SHIFT` bits away; what does not fit into 16 bits becomes the nearest number that does.
#[inline(always)]
fn narrowed<const SHIFT: i32>(simd: V3, [low, high]: Halves) -> __m256i {
    let round = simd.avx._mm256_set1_epi32(1 << (SHIFT - 1));
    let low = simd.avx2._mm256_srai_epi32::<SHIFT>(simd.avx2._mm256_add_epi32(low, round));
    let high = simd.avx2._mm256_srai_epi32::<SHIFT>(simd.avx2._mm256_add_epi32(high, round));
    simd.avx2._mm256_packs_epi32(low, high)
}

/// Values with the point of the constants: first the upper half of 32 bits, then down.
#[inline(always)]
fn widened(simd: V3, value: __m256i) -> Halves {
    let [low, high] = interleaved(simd, simd.avx._mm256_setzero_si256(), value);
    [
        simd.avx2._mm256_srai_epi32::<{ 16 - CONST_BITS as i32 }>(low),
        simd.avx2._mm256_srai_epi32::<{ 16 - CONST_BITS as i32 }>(high),
    ]
}

/// What the even coefficients give to results 0 to 3.
#[inline(always)]
fn even(simd: V3, input: &Rows) -> [Halves; 4] {
    let pairs = interleaved(simd, input[2], input[6]);
    let low = multiply_add(simd, pairs, factors(simd, F_0_541, F_0_541 - F_1_847));
    let high = multiply_add(simd, pairs, factors(simd, F_0_541 + F_0_765, F_0_541));
    let sum = widened(simd, simd.avx2._mm256_add_epi16(input[0], input[4]));
    let difference = widened(simd, simd.avx2._mm256_sub_epi16(input[0], input[4]));
    [
        add(simd, sum, high),
        add(simd, difference, low),
        subtract(simd, difference, low),
        subtract(simd, sum, high),
    ]
}

/// What the odd coefficients give to results 0 to 3.
#[inline(always)]
fn odd(simd: V3, input: &Rows) -> [Halves; 4] {
    let [c1, c3, c5, c7] = [input[1], input[3], input[5], input[7]];
    let (sum_73, sum_51) = (simd.avx2._mm256_add_epi16(c7, c3), simd.avx2._mm256_add_epi16(c5, c1));
    let sums = interleaved(simd, sum_73, sum_51);
    let z3 = multiply_add(simd, sums, factors(simd, F_1_175 - F_1_961, F_1_175));
    let z4 = multiply_add(simd, sums, factors(simd, F_1_175, F_1_175 - F_0_390));
    let (outer, inner) = (interleaved(simd, c1, c7), interleaved(simd, c3, c5));
    let of_1 = multiply_add(simd, outer, factors(simd, F_1_501 - F_0_899, -F_0_899));
    let of_3 = multiply_add(simd, inner, factors(simd, F_3_072 - F_2_562, -F_2_562));
    let of_5 = multiply_add(simd, inner, factors(simd, -F_2_562, F_2_053 - F_2_562));
    let of_7 = multiply_add(simd, outer, factors(simd, -F_0_899, F_0_298 - F_0_899));
    [add(simd, of_1, z4), add(simd, of_3, z3), add(simd, of_5, z4), add(simd, of_7, z3)]
}

/// Rows become columns, in each half.
#[inline(always)]
fn transposed(simd: V3, rows: &Rows) -> Rows {
    let simd = simd.avx2;
    let [r0, r1, r2, r3, r4, r5, r6, r7] = *rows;
    let (a0, a4) = (simd._mm256_unpacklo_epi16(r0, r1), simd._mm256_unpackhi_epi16(r0, r1));
    let (a1, a5) = (simd._mm256_unpacklo_epi16(r2, r3), simd._mm256_unpackhi_epi16(r2, r3));
    let (a2, a6) = (simd._mm256_unpacklo_epi16(r4, r5), simd._mm256_unpackhi_epi16(r4, r5));
    let (a3, a7) = (simd._mm256_unpacklo_epi16(r6, r7), simd._mm256_unpackhi_epi16(r6, r7));
    let (b0, b1) = (simd._mm256_unpacklo_epi32(a0, a1), simd._mm256_unpackhi_epi32(a0, a1));
    let (b2, b3) = (simd._mm256_unpacklo_epi32(a2, a3), simd._mm256_unpackhi_epi32(a2, a3));
    let (b4, b5) = (simd._mm256_unpacklo_epi32(a4, a5), simd._mm256_unpackhi_epi32(a4, a5));
    let (b6, b7) = (simd._mm256_unpacklo_epi32(a6, a7), simd._mm256_unpackhi_epi32(a6, a7));
    [
        simd._mm256_unpacklo_epi64(b0, b2),
        simd._mm256_unpackhi_epi64(b0, b2),
        simd._mm256_unpacklo_epi64(b1, b3),
        simd._mm256_unpackhi_epi64(b1, b3),
        simd._mm256_unpacklo_epi64(b4, b6),
        simd._mm256_unpackhi_epi64(b4, b6),
        simd._mm256_unpacklo_epi64(b5, b7),
        simd._mm256_unpackhi_epi64(b5, b7),
    ]
}

/// Limits values to 8 bits and lifts them by 128.
#[inline(always)]
fn samples(simd: V3, rows: &Rows) -> [[u8; 2 * SIDE]; SIDE] {
    let lift = simd.avx._mm256_set1_epi8(-128);
    let mut out = [[0; 2 * SIDE]; SIDE];
    for (two, rows) in out.as_chunks_mut::<2>().0.iter_mut().zip(rows.as_chunks::<2>().0) {
        let packed = simd.avx2._mm256_packs_epi16(rows[0], rows[1]);
        let lifted = simd.avx2._mm256_add_epi8(packed, lift);
        // Quarters: left and right block of one row, then of the other.
        *two = pulp::cast(simd.avx2._mm256_permute4x64_epi64::<0b11_01_10_00>(lifted));
    }
    out
}
