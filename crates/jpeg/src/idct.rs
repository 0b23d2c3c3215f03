//! From coefficients to samples: the inverse cosine transform.
//!
//! The arithmetic is that of libjpeg-turbo's accurate integer method as its vector code computes it,
//! bit by bit, also where numbers no longer fit into 16 bits. Method: Loeffler, Ligtenberg, Moschytz,
//! "Practical Fast 1-D DCT Algorithms with 11 Multiplications", ICASSP 1989.

use crate::coefficients::Block;
use crate::frame::SIDE;
use crate::tables::Quantization;
use crate::wide::Wide;

#[cfg(target_arch = "x86_64")]
mod avx2;

/// Bits behind the point of the constants.
const CONST_BITS: u32 = 13;
/// Bits behind the point between the two passes.
const PASS1_BITS: u32 = 2;

/// The constants of the paper, times 2^13.
const F_0_298: i32 = 2446;
const F_0_390: i32 = 3196;
const F_0_541: i32 = 4433;
const F_0_765: i32 = 6270;
const F_0_899: i32 = 7373;
const F_1_175: i32 = 9633;
const F_1_501: i32 = 12299;
const F_1_847: i32 = 15137;
const F_1_961: i32 = 16069;
const F_2_053: i32 = 16819;
const F_2_562: i32 = 20995;
const F_3_072: i32 = 25172;

/// Transforms blocks that lie side by side and writes their samples to the 8 rows of `out`, which are
/// `stride` apart.
#[inline(always)]
pub(crate) fn inverse(
    wide: Wide,
    blocks: &[Block],
    quantization: &Quantization,
    out: &mut [u8],
    stride: usize,
) {
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = wide.avx2() {
        return avx2::inverse(simd, blocks, quantization, out, stride);
    }
    let _: Wide = wide;
    for (index, block) in blocks.iter().enumerate() {
        let samples = inverse_block(block, quantization);
        for (row, samples) in samples.as_chunks::<SIDE>().0.iter().enumerate() {
            out[row * stride + SIDE * index..][..SIDE].copy_from_slice(samples);
        }
    }
}

/// Transforms one block, without vector instructions.
fn inverse_block(block: &Block, quantization: &Quantization) -> [u8; 64] {
    let mut work = [0_i16; 64];
    for (out, (&coefficient, &divisor)) in work.iter_mut().zip(block.iter().zip(quantization)) {
        *out = coefficient.wrapping_mul(divisor);
    }
    if block[SIDE..].iter().all(|&coefficient| coefficient == 0) {
        let row = *work.first_chunk::<SIDE>().expect("64 are more than 8");
        for (index, value) in work.iter_mut().enumerate() {
            *value = row[index % SIDE].wrapping_shl(PASS1_BITS);
        }
    } else {
        for column in 0..SIDE {
            pass::<{ CONST_BITS - PASS1_BITS }>(&mut work, column, SIDE);
        }
    }
    for row in 0..SIDE {
        pass::<{ CONST_BITS + PASS1_BITS + 3 }>(&mut work, row * SIDE, 1);
    }
    work.map(|value| (value.clamp(-128, 127) + 128) as u8)
}

/// Transforms the 8 values that begin at `start` and lie `step` apart, with `SHIFT` bits less.
fn pass<const SHIFT: u32>(work: &mut [i16; 64], start: usize, step: usize) {
    let input: [i16; SIDE] = std::array::from_fn(|index| work[start + index * step]);
    let (even, odd) = (even(&input), odd(&input));
    for index in 0..4 {
        let mut put = |place: usize, value: i32| {
            let rounded = value.wrapping_add(1 << (SHIFT - 1)) >> SHIFT;
            work[start + place * step] = rounded.clamp(i16::MIN.into(), i16::MAX.into()) as i16;
        };
        put(index, even[index].wrapping_add(odd[index]));
        put(SIDE - 1 - index, even[index].wrapping_sub(odd[index]));
    }
}

fn multiply_add(a: i16, factor_a: i32, b: i16, factor_b: i32) -> i32 {
    (i32::from(a) * factor_a).wrapping_add(i32::from(b) * factor_b)
}

/// What the even coefficients give to results 0 to 3.
fn even(input: &[i16; SIDE]) -> [i32; 4] {
    let low = multiply_add(input[2], F_0_541, input[6], F_0_541 - F_1_847);
    let high = multiply_add(input[2], F_0_541 + F_0_765, input[6], F_0_541);
    let sum = i32::from(input[0].wrapping_add(input[4])) << CONST_BITS;
    let difference = i32::from(input[0].wrapping_sub(input[4])) << CONST_BITS;
    [
        sum.wrapping_add(high),
        difference.wrapping_add(low),
        difference.wrapping_sub(low),
        sum.wrapping_sub(high),
    ]
}

/// What the odd coefficients give to results 0 to 3.
fn odd(input: &[i16; SIDE]) -> [i32; 4] {
    let [c1, c3, c5, c7] = [input[1], input[3], input[5], input[7]];
    let (sum_73, sum_51) = (c7.wrapping_add(c3), c5.wrapping_add(c1));
    let z3 = multiply_add(sum_73, F_1_175 - F_1_961, sum_51, F_1_175);
    let z4 = multiply_add(sum_73, F_1_175, sum_51, F_1_175 - F_0_390);
    [
        multiply_add(c1, F_1_501 - F_0_899, c7, -F_0_899).wrapping_add(z4),
        multiply_add(c3, F_3_072 - F_2_562, c5, -F_2_562).wrapping_add(z3),
        multiply_add(c5, F_2_053 - F_2_562, c3, -F_2_562).wrapping_add(z4),
        multiply_add(c7, F_0_298 - F_0_899, c1, -F_0_899).wrapping_add(z3),
    ]
}

#[cfg(test)]
mod tests {
    use super::inverse;
    use crate::coefficients::Block;
    use crate::tables::Quantization;
    use crate::wide::{Wide, Work};

    /// Numbers that look random, always the same.
    fn numbers() -> impl FnMut() -> i16 {
        let mut state = 1_u64;
        move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 48) as i16
        }
    }

    struct Inverse<'a>(Wide, &'a [Block], &'a Quantization, &'a mut [u8]);

    impl Work for Inverse<'_> {
        type Output = ();

        #[inline(always)]
        fn run(self) {
            inverse(self.0, self.1, self.2, self.3, stride(self.1));
        }
    }

    fn stride(blocks: &[Block]) -> usize {
        8 * blocks.len() + 3
    }

    fn samples(wide: Wide, blocks: &[Block], quantization: &Quantization) -> Vec<u8> {
        let mut out = vec![7; 8 * stride(blocks)];
        wide.run(Inverse(wide, blocks, quantization, &mut out));
        out
    }

    #[test]
    fn wide_instructions_change_no_sample() {
        let mut number = numbers();
        for bits in 0..16 {
            // From small coefficients to ones that no picture has, few or many of them in a block.
            let mut blocks = [[0; 64]; 9];
            for (index, block) in blocks.iter_mut().enumerate() {
                for place in 0..[1, 2, 5, 8, 9, 20, 64, 64, 64][index] {
                    block[place * 37 % 64] = number() >> bits;
                }
            }
            let quantization = std::array::from_fn(|_| (number() & 63) + 1);
            for count in 1..=blocks.len() {
                let blocks = &blocks[..count];
                let plain = samples(Wide::none(), blocks, &quantization);
                assert_eq!(samples(Wide::detect(), blocks, &quantization), plain, "{bits} {count}");
            }
        }
    }

    #[test]
    fn a_constant_block_has_one_level() {
        let mut block = [0; 64];
        block[0] = -20;
        // The DC coefficient is eight times the level, here of divisor 4 and 128 below.
        assert_eq!(samples(Wide::none(), &[block], &[4; 64])[..8], [118; 8]);
    }
}
