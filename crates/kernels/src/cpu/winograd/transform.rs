//! The three transforms of F(2×2, 3×3), in the names of Lavin and Gray: `Bᵀ d B` of the pixels, `G g Gᵀ` of the
//! weights, `Aᵀ m A` of their products.

use pulp::Simd;

use super::{PRODUCTS, TAPS};
use crate::cpu::tile;

/// What the root of a tile's mean square, and the weights, must not exceed: sums of products then stay far from
/// the greatest number.
const GREATEST: f32 = 1e15;

/// `Bᵀ d B` of the channels of 4×4 pixels, to their `place` in every `stride` of `to`; whether the numbers are
/// finite and not too great.
#[inline(always)]
pub(super) fn pixels<S: Simd>(
    simd: S,
    pixels: &[&[f32]; PRODUCTS],
    (to, stride): (&mut [f32], usize),
    place: impl Fn(usize) -> usize,
) -> bool {
    let mut squares = simd.splat_f32s(0.0);
    let depth = pixels[0].len();
    for channel in (0..depth).step_by(S::F32_LANES) {
        let mut d = [squares; PRODUCTS];
        for (d, pixel) in d.iter_mut().zip(pixels) {
            let pixel = &pixel[channel..depth.min(channel + S::F32_LANES)];
            [*d] = tile::row::<S, 1>(simd, pixel);
        }
        for d in d {
            squares = simd.mul_add_e_f32s(d, d, squares);
        }
        for x in 0..4 {
            let column = differences(simd, [d[x], d[4 + x], d[8 + x], d[12 + x]]);
            (d[x], d[4 + x], d[8 + x], d[12 + x]) = (column[0], column[1], column[2], column[3]);
        }
        let place = place(channel);
        for y in 0..4 {
            let row = differences(simd, [d[4 * y], d[4 * y + 1], d[4 * y + 2], d[4 * y + 3]]);
            for (x, sum) in row.into_iter().enumerate() {
                let to = &mut to[(4 * y + x) * stride + place..][..S::F32_LANES];
                S::as_mut_simd_f32s(to).0[0] = sum;
            }
        }
    }
    simd.reduce_sum_f32s(squares) < GREATEST * GREATEST
}

/// `A dy Aᵀ` of the channels of 2×2 pixels, as [`pixels`].
#[inline(always)]
pub(super) fn gradients<S: Simd>(
    simd: S,
    pixels: &[&[f32]; 4],
    to: &mut [f32],
    stride: usize,
) -> bool {
    let mut squares = simd.splat_f32s(0.0);
    let depth = pixels[0].len();
    for channel in (0..depth).step_by(S::F32_LANES) {
        let mut d = [squares; 4];
        for (d, pixel) in d.iter_mut().zip(pixels) {
            let pixel = &pixel[channel..depth.min(channel + S::F32_LANES)];
            [*d] = tile::row::<S, 1>(simd, pixel);
        }
        for d in d {
            squares = simd.mul_add_e_f32s(d, d, squares);
        }
        let (left, right) = (spread(simd, [d[0], d[2]]), spread(simd, [d[1], d[3]]));
        for y in 0..4 {
            for (x, sum) in spread(simd, [left[y], right[y]]).into_iter().enumerate() {
                let to = &mut to[(4 * y + x) * stride + channel..][..S::F32_LANES];
                S::as_mut_simd_f32s(to).0[0] = sum;
            }
        }
    }
    simd.reduce_sum_f32s(squares) < GREATEST * GREATEST
}

/// `A` times a column.
#[inline(always)]
fn spread<S: Simd>(simd: S, [a, b]: [S::f32s; 2]) -> [S::f32s; 4] {
    [a, simd.add_f32s(a, b), simd.sub_f32s(a, b), simd.neg_f32s(b)]
}

/// `Bᵀ` times a column.
#[inline(always)]
fn differences<S: Simd>(simd: S, [a, b, c, d]: [S::f32s; 4]) -> [S::f32s; 4] {
    [simd.sub_f32s(a, c), simd.add_f32s(b, c), simd.sub_f32s(c, b), simd.sub_f32s(b, d)]
}

/// `Aᵀ` times a column.
#[inline(always)]
fn sums<S: Simd>(simd: S, [a, b, c, d]: [S::f32s; 4]) -> [S::f32s; 2] {
    let sum = simd.add_f32s(simd.add_f32s(a, b), c);
    [sum, simd.sub_f32s(simd.sub_f32s(b, c), d)]
}

/// `Aᵀ m A` of the first vectors of every `stride` of `products`: 2×2 pixels.
#[inline(always)]
pub(super) fn products<S: Simd, const NV: usize>(
    simd: S,
    products: &[f32],
    stride: usize,
) -> [[S::f32s; NV]; 4] {
    let zero = simd.splat_f32s(0.0);
    let mut pixels = [[zero; NV]; 4];
    for n in 0..NV {
        let mut m = [zero; PRODUCTS];
        for (product, m) in m.iter_mut().enumerate() {
            let from = &products[product * stride + n * S::F32_LANES..][..S::F32_LANES];
            *m = S::as_simd_f32s(from).0[0];
        }
        let mut columns = [[zero; 2]; 4];
        for (x, column) in columns.iter_mut().enumerate() {
            *column = sums(simd, [m[x], m[4 + x], m[8 + x], m[12 + x]]);
        }
        let [a, b, c, d] = columns;
        for y in 0..2 {
            let [left, right] = sums(simd, [a[y], b[y], c[y], d[y]]);
            (pixels[2 * y][n], pixels[2 * y + 1][n]) = (left, right);
        }
    }
    pixels
}

/// `G g Gᵀ` of kernels of 3×3, side by side.
#[inline(always)]
pub(super) fn weights<const N: usize>(g: &[[f32; N]; TAPS]) -> [[f32; N]; PRODUCTS] {
    let mut transformed = [[0.0; N]; PRODUCTS];
    for lane in 0..N {
        let column = |x: usize| halves([g[x][lane], g[3 + x][lane], g[6 + x][lane]]);
        let [a, b, c] = [column(0), column(1), column(2)];
        for y in 0..4 {
            let row = halves([a[y], b[y], c[y]]);
            for x in 0..4 {
                transformed[4 * y + x][lane] = row[x];
            }
        }
    }
    transformed
}

/// `G` times a column.
#[inline(always)]
fn halves([a, b, c]: [f32; 3]) -> [f32; 4] {
    let outer = a + c;
    [a, 0.5 * (outer + b), 0.5 * (outer - b), c]
}

/// `Gᵀ m G` of sums, side by side: kernels of 3×3.
#[inline(always)]
pub(super) fn gradient_of_weights<const N: usize>(m: &[[f32; N]; PRODUCTS]) -> [[f32; N]; TAPS] {
    let mut kernels = [[0.0; N]; TAPS];
    for lane in 0..N {
        let column =
            |x: usize| thirds([m[x][lane], m[4 + x][lane], m[8 + x][lane], m[12 + x][lane]]);
        let [a, b, c, d] = [column(0), column(1), column(2), column(3)];
        for y in 0..3 {
            let row = thirds([a[y], b[y], c[y], d[y]]);
            for x in 0..3 {
                kernels[3 * y + x][lane] = row[x];
            }
        }
    }
    kernels
}

/// `Gᵀ` times a column.
#[inline(always)]
fn thirds([a, b, c, d]: [f32; 4]) -> [f32; 3] {
    let (sum, difference) = (0.5 * (b + c), 0.5 * (b - c));
    [a + sum, difference, d + sum]
}

/// Whether the transforms are good for these weights.
pub(super) fn fits(weights: &[f32]) -> bool {
    weights.iter().all(|weight| weight.abs() <= GREATEST)
}
