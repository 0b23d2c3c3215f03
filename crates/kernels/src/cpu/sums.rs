//! Sums over the planes of a channel.

use pulp::Arch;

/// Lanes that sum side by side, so that the sum can use vectors and keeps more digits.
const LANES: usize = 32;

/// The sum of `f` over all numbers of `planes`.
pub(crate) fn total<'a>(planes: impl Iterator<Item = &'a [f32]>, f: impl Fn(f32) -> f32) -> f64 {
    Arch::new().dispatch(|| {
        let mut total = 0.0;
        for plane in planes {
            for block in plane.chunks(LANES * 64) {
                let (vectors, rest) = block.as_chunks::<LANES>();
                let mut sums = [0.0; LANES];
                for vector in vectors {
                    for (sum, &x) in sums.iter_mut().zip(vector) {
                        *sum += f(x);
                    }
                }
                let rest = rest.iter().map(|&x| f64::from(f(x)));
                total += sums.iter().map(|&sum| f64::from(sum)).sum::<f64>() + rest.sum::<f64>();
            }
        }
        total
    })
}

/// The sum of `a * (b - centre)`.
pub(crate) fn total_of_products<'a, 'b>(
    a: impl Iterator<Item = &'a [f32]>,
    b: impl Iterator<Item = &'b [f32]>,
    centre: f32,
) -> f64 {
    Arch::new().dispatch(|| {
        let mut total = 0.0;
        for (a, b) in a.zip(b) {
            for (a, b) in a.chunks(LANES * 64).zip(b.chunks(LANES * 64)) {
                total += block_of_products(a, b, centre);
            }
        }
        total
    })
}

#[inline(always)]
fn block_of_products(a: &[f32], b: &[f32], centre: f32) -> f64 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * (b - centre);
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(a, b)| f64::from(a * (b - centre)));
    sums.iter().map(|&sum| f64::from(sum)).sum::<f64>() + rest.sum::<f64>()
}
