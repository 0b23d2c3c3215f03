pub use resnet_jpeg::Region;

use crate::random::SampleRng;

/// Draws a part of an image as torchvision's `RandomResizedCrop.get_params`: up to ten tries, then
/// the largest centre part whose aspect is allowed.
///
/// `scale` is the range of the area as a share of the image, `ratio` the range of width divided by
/// height, drawn evenly on a logarithmic scale.
///
/// Source: torchvision 0.26, `transforms/transforms.py`.
pub fn random_resized_crop(
    height: usize,
    width: usize,
    scale: (f64, f64),
    ratio: (f64, f64),
    rng: &mut SampleRng,
) -> Region {
    const TRIES: usize = 10;
    let area = (height * width) as f64;
    for _ in 0..TRIES {
        let target = area * rng.uniform(scale.0, scale.1);
        let aspect = rng.uniform(ratio.0.ln(), ratio.1.ln()).exp();
        let (w, h) =
            (python_round((target * aspect).sqrt()), python_round((target / aspect).sqrt()));
        if (1..=width).contains(&w) && (1..=height).contains(&h) {
            let top = rng.below((height - h + 1) as u64) as usize;
            let left = rng.below((width - w + 1) as u64) as usize;
            return Region { top, left, height: h, width: w };
        }
    }
    allowed_centre(height, width, ratio)
}

/// Draws the rectangle of torchvision's `RandomErasing.get_params`: up to ten tries, then none.
///
/// It differs from [`random_resized_crop`]: `ratio` is height divided by width, the rectangle is
/// smaller than the image in both directions, and it may be empty.
pub(super) fn random_erasing(
    height: usize,
    width: usize,
    scale: (f64, f64),
    ratio: (f64, f64),
    rng: &mut SampleRng,
) -> Option<Region> {
    const TRIES: usize = 10;
    let area = (height * width) as f64;
    let (h, w) = (0..TRIES).find_map(|_| {
        let target = area * rng.uniform(scale.0, scale.1);
        let aspect = rng.uniform(ratio.0.ln(), ratio.1.ln()).exp();
        let (h, w) =
            (python_round((target * aspect).sqrt()), python_round((target / aspect).sqrt()));
        (h < height && w < width).then_some((h, w))
    })?;
    let top = rng.below((height - h + 1) as u64) as usize;
    let left = rng.below((width - w + 1) as u64) as usize;
    Some(Region { top, left, height: h, width: w })
}

/// The fallback of [`random_resized_crop`].
fn allowed_centre(height: usize, width: usize, (narrowest, widest): (f64, f64)) -> Region {
    let aspect = width as f64 / height as f64;
    let (w, h) = if aspect < narrowest {
        (width, python_round(width as f64 / narrowest).clamp(1, height))
    } else if aspect > widest {
        (python_round(height as f64 * widest).clamp(1, width), height)
    } else {
        (width, height)
    };
    Region { top: (height - h) / 2, left: (width - w) / 2, height: h, width: w }
}

/// Height and width after the shorter side became `side` pixels: torchvision's `Resize(side)`, which
/// truncates the longer side.
pub fn shorter_side_to(side: usize, height: usize, width: usize) -> (usize, usize) {
    let longer = |long: usize, short: usize| (side * long / short).max(1);
    if width <= height { (longer(height, width), side) } else { (side, longer(width, height)) }
}

/// Height and width after the longer side became `side` pixels: Pillow's `ImageOps.contain`, which
/// rounds the shorter side.
pub(super) fn longer_side_to(side: usize, height: usize, width: usize) -> (usize, usize) {
    let shorter = |short: usize, long: usize| {
        python_round(short as f64 / long as f64 * side as f64).clamp(1, side)
    };
    if width < height { (side, shorter(width, height)) } else { (shorter(height, width), side) }
}

/// Where a centred crop of `size` begins along an extent, as `CenterCrop` rounds it. Negative where
/// the crop is larger: that many pixels are border.
pub(crate) fn centre_offset(extent: usize, size: usize) -> isize {
    if size > extent {
        // torchvision pads the smaller half in front.
        return -(((size - extent) / 2).cast_signed());
    }
    python_round((extent - size) as f64 / 2.0).cast_signed()
}

/// Why an image of (height, width) cannot become one of the size `to`: it would take any amount of memory.
pub(super) fn too_elongated((height, width): (usize, usize), to: (usize, usize)) -> String {
    format!(
        "{width}x{height} pixels are too elongated to be resized to {}x{}: cut the picture into parts that \
         are nearer to a square, or leave it out",
        to.1, to.0
    )
}

/// Python's `round`: halves go to the even neighbour. Negative numbers and NaN become 0.
fn python_round(value: f64) -> usize {
    value.round_ties_even() as usize
}

#[cfg(test)]
mod tests {
    use super::{Region, allowed_centre, centre_offset, shorter_side_to};

    #[test]
    fn the_longer_side_is_truncated_as_in_torchvision() {
        // int(256 * 500 / 375) = int(341.33), int(256 * 375 / 333) = int(288.29)
        assert_eq!(shorter_side_to(256, 375, 500), (256, 341));
        assert_eq!(shorter_side_to(256, 500, 375), (341, 256));
        assert_eq!(shorter_side_to(256, 375, 333), (288, 256));
        assert_eq!(shorter_side_to(256, 100, 100), (256, 256));
    }

    #[test]
    fn centre_crops_round_halves_to_even_as_in_python() {
        // round(0.5) = 0, round(1.5) = 2, round(58.5) = 58
        assert_eq!(centre_offset(225, 224), 0);
        assert_eq!(centre_offset(227, 224), 2);
        assert_eq!(centre_offset(341, 224), 58);
        assert_eq!(centre_offset(223, 224), 0);
        assert_eq!(centre_offset(221, 224), -1);
    }

    #[test]
    fn images_outside_the_allowed_aspects_give_a_centre_part() {
        let ratio = (0.75, 4.0 / 3.0);
        let wide = Region { top: 0, left: 43, height: 10, width: 13 };
        assert_eq!(allowed_centre(10, 100, ratio), wide);
        let tall = Region { top: 43, left: 0, height: 13, width: 10 };
        assert_eq!(allowed_centre(100, 10, ratio), tall);
        assert_eq!(allowed_centre(9, 10, ratio), Region::whole(9, 10));
    }
}
