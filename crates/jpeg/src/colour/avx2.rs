//! 32 pixels at a time.

use std::arch::x86_64::__m256i;

use pulp::x86::V3;

use super::{BLUE, GREEN_BLUE, GREEN_RED, RED};

/// Pixels at a time.
const PIXELS: usize = 32;

/// Computes the first pixels of a row, and gives how many: those that fill whole registers.
#[inline(always)]
pub(super) fn ycbcr_to_rgb(
    simd: V3,
    luma: &[u8],
    blue: &[u8],
    red: &[u8],
    pixels: &mut [[u8; 3]],
) -> usize {
    let inputs = [luma, blue, red].map(|row| row.as_chunks::<PIXELS>().0);
    let chunks = pixels.as_chunks_mut::<PIXELS>().0;
    let done = chunks.len().min(inputs[0].len()) * PIXELS;
    for (((pixels, y), cb), cr) in chunks.iter_mut().zip(inputs[0]).zip(inputs[1]).zip(inputs[2]) {
        let colours = colours(simd, pulp::cast(*y), pulp::cast(*cb), pulp::cast(*cr));
        let quarters = pixels.as_flattened_mut().as_chunks_mut::<16>().0;
        for (third, masks) in INTERLEAVE.iter().enumerate() {
            let [low, high] = pulp::cast(interleaved(simd, colours, masks));
            (quarters[third], quarters[third + 3]) = (low, high);
        }
    }
    done
}

/// Red, green and blue.
#[inline(always)]
fn colours(simd: V3, y: __m256i, cb: __m256i, cr: __m256i) -> [__m256i; 3] {
    let zero = simd.avx._mm256_setzero_si256();
    let low = |bytes| simd.avx2._mm256_unpacklo_epi8(bytes, zero);
    let high = |bytes| simd.avx2._mm256_unpackhi_epi8(bytes, zero);
    let first = half(simd, low(y), low(cb), low(cr));
    let second = half(simd, high(y), high(cb), high(cr));
    // Levels beyond 8 bits become the nearest ones.
    let packed = |index: usize| simd.avx2._mm256_packus_epi16(first[index], second[index]);
    [packed(0), packed(1), packed(2)]
}

/// Red, green and blue of 16 pixels, in 16 bits. See [`rgb`](super::rgb).
#[inline(always)]
fn half(simd: V3, y: __m256i, cb: __m256i, cr: __m256i) -> [__m256i; 3] {
    let add = |a, b| simd.avx2._mm256_add_epi16(a, b);
    let middle = simd.avx._mm256_set1_epi16(128);
    let cb = simd.avx2._mm256_sub_epi16(cb, middle);
    let cr = simd.avx2._mm256_sub_epi16(cr, middle);
    let red = add(add(y, cr), rounded_product(simd, cr, RED));
    let blue = add(add(y, add(cb, cb)), rounded_product(simd, cb, BLUE));
    let green = add(simd.avx2._mm256_sub_epi16(y, cr), green(simd, cb, cr));
    [red, green, blue]
}

#[inline(always)]
fn rounded_product(simd: V3, values: __m256i, factor: i32) -> __m256i {
    let twice = simd.avx2._mm256_add_epi16(values, values);
    let product = simd.avx2._mm256_mulhi_epi16(twice, simd.avx._mm256_set1_epi16(factor as i16));
    let one = simd.avx._mm256_set1_epi16(1);
    simd.avx2._mm256_srai_epi16::<1>(simd.avx2._mm256_add_epi16(product, one))
}

/// What both differences of colour add to green, beside their whole parts.
#[inline(always)]
fn green(simd: V3, cb: __m256i, cr: __m256i) -> __m256i {
    let factors = simd.avx._mm256_set1_epi32(GREEN_BLUE & 0xffff | GREEN_RED << 16);
    let round = simd.avx._mm256_set1_epi32(1 << 15);
    let sum = |pairs| {
        let products = simd.avx2._mm256_madd_epi16(pairs, factors);
        simd.avx2._mm256_srai_epi32::<16>(simd.avx2._mm256_add_epi32(products, round))
    };
    let low = sum(simd.avx2._mm256_unpacklo_epi16(cb, cr));
    let high = sum(simd.avx2._mm256_unpackhi_epi16(cb, cr));
    simd.avx2._mm256_packs_epi32(low, high)
}

/// A third of the pixels' bytes, in each half of the register.
#[inline(always)]
fn interleaved(simd: V3, [red, green, blue]: [__m256i; 3], masks: &[[u8; 32]; 3]) -> __m256i {
    let spread = |colour, mask| simd.avx2._mm256_shuffle_epi8(colour, pulp::cast(masks[mask]));
    let two = simd.avx2._mm256_or_si256(spread(red, 0), spread(green, 1));
    simd.avx2._mm256_or_si256(two, spread(blue, 2))
}

/// By third and colour: which pixel goes to each byte; 128 where another colour goes.
const INTERLEAVE: [[[u8; 32]; 3]; 3] = interleave();

const fn interleave() -> [[[u8; 32]; 3]; 3] {
    let mut masks = [[[128; 32]; 3]; 3];
    let mut byte = 0;
    while byte < 48 {
        let (third, colour, place) = (byte / 16, byte % 3, byte % 16);
        masks[third][colour][place] = (byte / 3) as u8;
        masks[third][colour][place + 16] = (byte / 3) as u8;
        byte += 1;
    }
    masks
}
