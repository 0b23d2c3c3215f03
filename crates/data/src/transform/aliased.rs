//! Two resizes that no crate has with the rounding of the references.

use super::part::Part;
use super::region::Region;
use crate::level::Level;

/// The nearest pixels, chosen as Pillow chooses them; of the new ones only `kept`, which fills `out`.
pub(super) fn nearest<L: Level>(
    part: Part<'_, L>,
    (height, width): (usize, usize),
    kept: Region,
    out: &mut [L],
) {
    let columns = nearest_of(part.region.width, width, kept.left);
    let rows = nearest_of(part.region.height, height, kept.top);
    for (out, row) in out.chunks_exact_mut(kept.width * 3).zip(rows) {
        let row = part.row(row);
        let (out, _) = out.as_chunks_mut::<3>();
        for (out, column) in out.iter_mut().zip(columns.clone()) {
            *out = row[column];
        }
    }
}

/// For each of `to` pixels from `first` on the nearest of `from`. Pillow adds up steps, and so must we: where
/// a place lies exactly between two pixels, rounding decides.
fn nearest_of(from: usize, to: usize, first: usize) -> impl Iterator<Item = usize> + Clone {
    let step = from as f64 / to as f64;
    let next = move |place: &f64| Some(place + step);
    let place = std::iter::successors(Some(step * 0.5), next).nth(first);
    std::iter::successors(place, next).map(move |place| (place as usize).min(from - 1))
}

/// As `tf.compat.v1.image.resize` with `align_corners=False`: pixel `x` of the result lies at
/// `x * scale` of the input, not at `(x + 0.5) * scale - 0.5`. Of the new ones only `kept`, which fills `out`.
///
/// Source: TensorFlow 2.21, `core/util/image_resizer_state.h` (`LegacyScaler`).
pub(super) fn bilinear_tf1<L: Level>(
    part: Part<'_, L>,
    (height, width): (usize, usize),
    kept: Region,
    out: &mut [L],
) {
    for (y, out) in (kept.top..).zip(out.chunks_exact_mut(kept.width * 3)) {
        let (above, below, dy) = neighbours(y, part.region.height, height);
        let (above, below) = (part.row(above), part.row(below));
        for (x, out) in (kept.left..).zip(out.as_chunks_mut::<3>().0) {
            let (before, after, dx) = neighbours(x, part.region.width, width);
            *out = std::array::from_fn(|c| {
                let upper = mix(above[before][c].into(), above[after][c].into(), dx);
                let lower = mix(below[before][c].into(), below[after][c].into(), dx);
                L::truncated_f32(mix(upper, lower, dy).round())
            });
        }
    }
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
