//! From components to red, green and blue.
//!
//! Sources: JFIF 1.02 for the factors, libjpeg for their precision (16 bits) and rounding, Pillow for
//! CMYK, which Adobe's programs store inverted.

use crate::header::ColourModel;
use crate::wide::Wide;

#[cfg(target_arch = "x86_64")]
mod avx2;

/// Writes the pixels of a row, 3 bytes each, from a row of each component.
#[inline(always)]
pub(crate) fn to_rgb(wide: Wide, model: ColourModel, rows: [&[u8]; 4], out: &mut [u8]) {
    let pixels = out.as_chunks_mut::<3>().0;
    let [a, b, c, d] = rows;
    match model {
        ColourModel::Grey => {
            for (pixel, &grey) in pixels.iter_mut().zip(a) {
                *pixel = [grey; 3];
            }
        }
        ColourModel::Rgb => {
            for (((pixel, &red), &green), &blue) in pixels.iter_mut().zip(a).zip(b).zip(c) {
                *pixel = [red, green, blue];
            }
        }
        ColourModel::YCbCr => ycbcr_to_rgb(wide, a, b, c, pixels),
        ColourModel::Cmyk => {
            for (((pixel, &cyan), &magenta), &yellow) in pixels.iter_mut().zip(a).zip(b).zip(c) {
                *pixel = [cyan, magenta, yellow];
            }
            darken(pixels, d);
        }
        ColourModel::Ycck => {
            ycbcr_to_rgb(wide, a, b, c, pixels);
            for level in pixels.as_flattened_mut() {
                *level = 255 - *level;
            }
            darken(pixels, d);
        }
    }
}

#[inline(always)]
fn ycbcr_to_rgb(wide: Wide, luma: &[u8], blue: &[u8], red: &[u8], pixels: &mut [[u8; 3]]) {
    let mut done = 0;
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = wide.avx2() {
        done = avx2::ycbcr_to_rgb(simd, luma, blue, red, pixels);
    }
    let _: Wide = wide;
    let rest = pixels[done..].iter_mut().zip(&luma[done..]);
    for (((pixel, &y), &cb), &cr) in rest.zip(&blue[done..]).zip(&red[done..]) {
        *pixel = rgb(y, cb, cr);
    }
}

/// The factors times 2^16: 1.402 - 1, 1.772 - 2, -0.34414, 1 - 0.71414.
const RED: i32 = 26_345;
const BLUE: i32 = -14_942;
const GREEN_BLUE: i32 = -22_554;
const GREEN_RED: i32 = 18_734;

/// One pixel: `y + 1.402 cr`, `y - 0.34414 cb - 0.71414 cr`, `y + 1.772 cb`, each product rounded to
/// the nearest integer. Whole parts of the factors are added by themselves, so that the rest fits into
/// 16 bits.
#[inline(always)]
fn rgb(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let (y, cb, cr) = (i16::from(y), i16::from(cb) - 128, i16::from(cr) - 128);
    let green = (i32::from(cb) * GREEN_BLUE + i32::from(cr) * GREEN_RED + (1 << 15)) >> 16;
    [
        level(y + cr + rounded_product(cr, RED)),
        level(y - cr + green as i16),
        level(y + 2 * cb + rounded_product(cb, BLUE)),
    ]
}

/// The product divided by 2^16. Of twice the product the upper half needs but one bit to be rounded.
#[inline(always)]
fn rounded_product(value: i16, factor: i32) -> i16 {
    (((i32::from(2 * value) * factor) >> 16) as i16 + 1) >> 1
}

#[inline(always)]
fn level(value: i16) -> u8 {
    value.clamp(0, 255) as u8
}

/// From inverted inks to light: less of it where there is black.
#[inline(always)]
fn darken(pixels: &mut [[u8; 3]], black: &[u8]) {
    for (pixel, &white) in pixels.iter_mut().zip(black) {
        let white = u32::from(white);
        for level in pixel {
            let product = u32::from(255 - *level) * white + 128;
            *level = (white - (((product >> 8) + product) >> 8)) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{rgb, ycbcr_to_rgb};
    use crate::wide::{Wide, Work};

    #[test]
    fn every_colour_is_that_of_libjpegs_tables() {
        // jdcolor.c, build_ycc_rgb_table.
        let fix = |factor: f64| (factor * 65536.0 + 0.5) as i32;
        let (half, level) = (1 << 15, |value: i32| value.clamp(0, 255) as u8);
        for (cb, cr) in (0..=255_u8).flat_map(|cb| (0..=255_u8).map(move |cr| (cb, cr))) {
            let (b, r) = (i32::from(cb) - 128, i32::from(cr) - 128);
            let red = (fix(1.402) * r + half) >> 16;
            let blue = (fix(1.772) * b + half) >> 16;
            let green = (-fix(0.34414) * b + half - fix(0.71414) * r) >> 16;
            for y in [0, 1, 77, 128, 200, 255_u8] {
                let wanted = [red, green, blue].map(|part| level(i32::from(y) + part));
                assert_eq!(rgb(y, cb, cr), wanted, "{y} {cb} {cr}");
            }
        }
    }

    struct Convert<'a>(Wide, [&'a [u8]; 3], &'a mut [[u8; 3]]);

    impl Work for Convert<'_> {
        type Output = ();

        #[inline(always)]
        fn run(self) {
            let [y, cb, cr] = self.1;
            ycbcr_to_rgb(self.0, y, cb, cr, self.2);
        }
    }

    #[test]
    fn wide_instructions_change_no_colour() {
        // Every pair of differences; a width that fills no register.
        for cb in 0..=255_u8 {
            let [y, cb, cr]: [Vec<u8>; 3] = [
                (0..777_u32).map(|column| (column * 13 + u32::from(cb) * 7) as u8).collect(),
                vec![cb; 777],
                (0..777_u32).map(|column| column as u8).collect(),
            ];
            let converted = |wide: Wide| {
                let mut pixels = vec![[0; 3]; 777];
                wide.run(Convert(wide, [&y, &cb, &cr], &mut pixels));
                pixels
            };
            assert!(converted(Wide::detect()) == converted(Wide::none()), "{}", cb[0]);
        }
    }
}
