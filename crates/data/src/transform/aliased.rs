//! TensorFlow 1's bilinear resize, which no crate has.

use super::region::Region;
use crate::decode::RgbImage;

/// Resizes `region` of `image` as `tf.compat.v1.image.resize` with `align_corners=False`: pixel `x`
/// of the result lies at `x * scale` of the input, not at `(x + 0.5) * scale - 0.5`.
///
/// Source: TensorFlow 2.21, `core/util/image_resizer_state.h` (`LegacyScaler`).
pub(super) fn resize(
    image: &RgbImage,
    region: Region,
    (height, width): (usize, usize),
    out: &mut [u8],
) -> Result<(), &'static str> {
    let Region { top, left, height: rows, width: columns } = region;
    if rows == 0 || columns == 0 || top + rows > image.height || left + columns > image.width {
        return Err("it is empty or not inside the image");
    }
    let (pixels, _) = image.pixels.as_chunks::<3>();
    let row_at = |row: usize| &pixels[(top + row) * image.width + left..][..columns];
    for (y, out) in out.chunks_exact_mut(width * 3).take(height).enumerate() {
        let (above, below, dy) = neighbours(y, rows, height);
        let (above, below) = (row_at(above), row_at(below));
        for (x, out) in out.as_chunks_mut::<3>().0.iter_mut().enumerate() {
            let (before, after, dx) = neighbours(x, columns, width);
            *out = std::array::from_fn(|c| {
                let upper = mix(above[before][c].into(), above[after][c].into(), dx);
                let lower = mix(below[before][c].into(), below[after][c].into(), dx);
                mix(upper, lower, dy).round() as u8
            });
        }
    }
    Ok(())
}

/// The two pixels around pixel `index` of the result, and how far it is from the first.
fn neighbours(index: usize, from: usize, to: usize) -> (usize, usize, f32) {
    let place = index as f32 * (from as f32 / to as f32);
    let first = (place as usize).min(from - 1);
    (first, (first + 1).min(from - 1), place - place.floor())
}

fn mix(a: f32, b: f32, share: f32) -> f32 {
    a + (b - a) * share
}
