//! Rotation, shear and translation: Pillow's `Image.transform` with `AFFINE`.

use super::interpolation::PixelSampling;
use super::scratch::copy_to;
use crate::level::Level;

/// From a place `(x, y)` of the result to its origin `(a x + b y + c, d x + e y + f)`, as
/// `[a, b, c, d, e, f]`.
pub(super) type Matrix = [f64; 6];

pub(super) fn shear_x(slope: f64) -> Matrix {
    [1.0, slope, 0.0, 0.0, 1.0, 0.0]
}

pub(super) fn shear_y(slope: f64) -> Matrix {
    [1.0, 0.0, 0.0, slope, 1.0, 0.0]
}

pub(super) fn translation(x: i32, y: i32) -> Matrix {
    [1.0, 0.0, -f64::from(x), 0.0, 1.0, -f64::from(y)]
}

/// Counter-clockwise about the centre.
pub(super) fn rotation(degrees: f64, height: usize, width: usize) -> Matrix {
    // Pillow rounds to 15 decimal places, so that right angles are exact.
    let exact = |value: f64| (value * 1e15).round() / 1e15;
    let (sin, cos) = (-degrees.to_radians()).sin_cos();
    let (sin, cos) = (exact(sin), exact(cos));
    let (x, y) = (width as f64 / 2.0, height as f64 / 2.0);
    [cos, sin, x - cos * x - sin * y, -sin, cos, y + sin * x - cos * y]
}

/// Replaces every pixel by the one at its origin, or by black where that is outside.
pub(super) fn apply<L: Level>(
    matrix: Matrix,
    sampling: PixelSampling,
    pixels: &mut [L],
    width: usize,
    source: &mut Vec<L>,
) {
    copy_to(source, pixels);
    let (source, _) = source.as_chunks();
    let source = Source { pixels: source, height: source.len() / width, width };
    let (out, _) = pixels.as_chunks_mut();
    match sampling {
        PixelSampling::Nearest => nearest(matrix, &source, out),
        PixelSampling::Bilinear => bilinear(matrix, &source, out),
    }
}

struct Source<'a, L> {
    pixels: &'a [[L; 3]],
    height: usize,
    width: usize,
}

impl<L: Level> Source<'_, L> {
    /// The pixel, or black outside.
    fn at(&self, x: i64, y: i64) -> [L; 3] {
        let inside =
            |place: i64, extent: usize| usize::try_from(place).ok().filter(|&place| place < extent);
        match (inside(x, self.width), inside(y, self.height)) {
            (Some(x), Some(y)) => self.pixels[y * self.width + x],
            _ => [L::default(); 3],
        }
    }

    /// The pixel, or the nearest one inside.
    fn clamped(&self, x: i64, y: i64) -> [f64; 3] {
        let inside = |place: i64, extent: usize| place.clamp(0, extent as i64 - 1) as usize;
        let (x, y) = (inside(x, self.width), inside(y, self.height));
        self.pixels[y * self.width + x].map(Into::into)
    }
}

/// Origins in steps of 1/65536 pixel, as Pillow takes them: `Geometry.c`, `affine_fixed`.
fn nearest<L: Level>([a, b, c, d, e, f]: Matrix, source: &Source<'_, L>, out: &mut [[L; 3]]) {
    let fixed = |value: f64| (value * 65_536.0 + 0.5).floor() as i64;
    let [ax, bx, ay, by] = [fixed(a), fixed(b), fixed(d), fixed(e)];
    let mut row_start = (fixed(c + 0.5 * (a + b)), fixed(f + 0.5 * (d + e)));
    for row in out.chunks_exact_mut(source.width) {
        let (mut x, mut y) = row_start;
        for pixel in row {
            *pixel = source.at(x >> 16, y >> 16);
            (x, y) = (x + ax, y + ay);
        }
        row_start = (row_start.0 + bx, row_start.1 + by);
    }
}

/// Source: Pillow 13, `Geometry.c`, `bilinear_filter32RGB`.
fn bilinear<L: Level>([a, b, c, d, e, f]: Matrix, source: &Source<'_, L>, out: &mut [[L; 3]]) {
    let (width, height) = (source.width as f64, source.height as f64);
    for (row, out) in out.chunks_exact_mut(source.width).enumerate() {
        let y = row as f64 + 0.5;
        for (column, pixel) in out.iter_mut().enumerate() {
            let x = column as f64 + 0.5;
            let (from_x, from_y) = (a * x + b * y + c, d * x + e * y + f);
            let inside = (0.0..width).contains(&from_x) && (0.0..height).contains(&from_y);
            *pixel = match inside {
                true => between(source, from_x - 0.5, from_y - 0.5),
                false => [L::default(); 3],
            };
        }
    }
}

/// The mean of the four pixels around a place, truncated.
fn between<L: Level>(source: &Source<'_, L>, x: f64, y: f64) -> [L; 3] {
    // Places begin at -0.5, where truncation would round up; `floor` is slow on plain x86-64.
    let whole = |place: f64| (place + 1.0) as i64 - 1;
    let (left, top) = (whole(x), whole(y));
    let (dx, dy) = (x - left as f64, y - top as f64);
    let corners = [(0, 0), (1, 0), (0, 1), (1, 1)]
        .map(|(right, down)| source.clamped(left + right, top + down));
    std::array::from_fn(|channel| {
        let [upper_left, upper_right, lower_left, lower_right] =
            corners.map(|corner| corner[channel]);
        let upper = upper_left + (upper_right - upper_left) * dx;
        let lower = lower_left + (lower_right - lower_left) * dx;
        L::truncated(upper + (lower - upper) * dy)
    })
}
