//! Two resizes that no crate has with the rounding of the references.

use super::part::Part;
use super::region::Region;
use crate::decode::RgbImage;
use crate::level::Level;

/// The nearest pixels, chosen as Pillow chooses them.
pub(super) fn nearest<L: Level>(
    image: &RgbImage<L>,
    region: Region,
    (height, width): (usize, usize),
    out: &mut [L],
) -> Result<(), String> {
    let part = Part::of(image, region)?;
    let rows = out[..height * width * 3].chunks_exact_mut(width * 3);
    for (out, row) in rows.zip(nearest_of(region.height, height)) {
        let row = part.row(row);
        let (out, _) = out.as_chunks_mut::<3>();
        for (out, column) in out.iter_mut().zip(nearest_of(region.width, width)) {
            *out = row[column];
        }
    }
    Ok(())
}

/// For each of `to` pixels the nearest of `from`. Pillow adds up steps, and so must we: where a
/// place lies exactly between two pixels, rounding decides.
fn nearest_of(from: usize, to: usize) -> impl Iterator<Item = usize> {
    let step = from as f64 / to as f64;
    let places = std::iter::successors(Some(step * 0.5), move |place| Some(place + step));
    places.take(to).map(move |place| (place as usize).min(from - 1))
}

/// As `tf.compat.v1.image.resize` with `align_corners=False`: pixel `x` of the result lies at
/// `x * scale` of the input, not at `(x + 0.5) * scale - 0.5`.
///
/// Source: TensorFlow 2.21, `core/util/image_resizer_state.h` (`LegacyScaler`).
pub(super) fn bilinear_tf1<L: Level>(
    image: &RgbImage<L>,
    region: Region,
    (height, width): (usize, usize),
    out: &mut [L],
) -> Result<(), String> {
    let part = Part::of(image, region)?;
    for (y, out) in out[..height * width * 3].chunks_exact_mut(width * 3).enumerate() {
        let (above, below, dy) = neighbours(y, region.height, height);
        let (above, below) = (part.row(above), part.row(below));
        for (x, out) in out.as_chunks_mut::<3>().0.iter_mut().enumerate() {
            let (before, after, dx) = neighbours(x, region.width, width);
            *out = std::array::from_fn(|c| {
                let upper = mix(above[before][c].into(), above[after][c].into(), dx);
                let lower = mix(below[before][c].into(), below[after][c].into(), dx);
                L::truncated_f32(mix(upper, lower, dy).round())
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
