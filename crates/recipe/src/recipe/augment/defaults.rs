//! torchvision's defaults.

use super::Sampling;

pub(crate) fn crop_scale() -> [f64; 2] {
    [0.08, 1.0]
}

pub(crate) fn crop_ratio() -> [f64; 2] {
    [3.0 / 4.0, 4.0 / 3.0]
}

pub(crate) fn erasing_scale() -> [f64; 2] {
    [0.02, 0.33]
}

pub(crate) fn erasing_ratio() -> [f64; 2] {
    [0.3, 3.3]
}

pub(crate) fn mean_color() -> [u8; 3] {
    [124, 116, 104]
}

pub(crate) fn half() -> f64 {
    0.5
}

pub(crate) fn tenth() -> f64 {
    0.1
}

pub(crate) fn ops() -> usize {
    2
}

pub(crate) fn magnitude() -> usize {
    9
}

pub(crate) fn bins() -> usize {
    31
}

pub(crate) fn three() -> usize {
    3
}

pub(crate) fn bilinear() -> Sampling {
    Sampling::Bilinear
}
