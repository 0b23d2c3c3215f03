//! Transforms print themselves: one line that a person can compare with a paper.

use std::fmt::{self, Display, Formatter};

use super::Transform;
use super::augment::Augment;
use super::crop::Crop;
use super::interpolation::{Interpolation, PixelSampling};

impl Display for Transform {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { size, crop, interpolation, augment } = self;
        match crop {
            Crop::RandomResizedCrop { scale, ratio } => {
                write!(
                    f,
                    "RandomResizedCrop({size}, scale {}, ratio {}",
                    Range(*scale),
                    Range(*ratio)
                )
            }
            Crop::DistortedBox { scale, ratio, min_covered, .. } => {
                let [scale, ratio] = [Range(*scale), Range(*ratio)];
                write!(f, "DistortedBox({size}, scale {scale}, ratio {ratio}, covers {min_covered}")
            }
            Crop::PadCrop { pad } => write!(f, "PadCrop({size}, pad {pad}"),
            Crop::ResizeCenterCrop { resize } => write!(f, "ResizeCenterCrop({resize} to {size}"),
            Crop::TensorFlowCenterCrop { resize } => {
                write!(f, "TensorFlowCenterCrop({resize} to {size}")
            }
            Crop::Squash => write!(f, "Squash({size}"),
            Crop::Letterbox { fill } => write!(f, "Letterbox({size}, fill {fill:?}"),
        }?;
        match crop {
            Crop::PadCrop { .. } => write!(f, ")"),
            _ => write!(f, ", {interpolation})"),
        }?;
        augment.iter().try_for_each(|step| write!(f, " -> {step}"))
    }
}

impl Display for Augment {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match *self {
            Self::HorizontalFlip { p } => write!(f, "HorizontalFlip({p})"),
            Self::VerticalFlip { p } => write!(f, "VerticalFlip({p})"),
            Self::Grayscale { p } => write!(f, "Grayscale({p})"),
            Self::ColorJitter { brightness, contrast, saturation, hue } => write!(
                f,
                "ColorJitter(brightness {brightness}, contrast {contrast}, saturation {saturation}, \
                 hue {hue})"
            ),
            Self::Rotation { degrees, sampling } => write!(f, "Rotation({degrees}°, {sampling})"),
            Self::RandAugment { ops, magnitude, bins, sampling } => {
                write!(f, "RandAugment({ops} ops, magnitude {magnitude} of {bins}, {sampling})")
            }
            Self::TrivialAugmentWide { bins, sampling } => {
                write!(f, "TrivialAugmentWide({bins} magnitudes, {sampling})")
            }
            Self::AutoAugment { sampling } => write!(f, "AutoAugment(ImageNet, {sampling})"),
            Self::AugMix { severity, width, depth, sampling } => {
                let depth = depth.map_or("1..3".to_owned(), |depth| depth.to_string());
                write!(f, "AugMix(severity {severity}, {width} chains of {depth}, {sampling})")
            }
            Self::RandomErasing { p, scale, ratio, value } => {
                let [scale, ratio] = [Range(scale), Range(ratio)];
                write!(f, "RandomErasing({p}, scale {scale}, ratio {ratio}, value {value:?})")
            }
        }
    }
}

impl Display for Interpolation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nearest => "nearest",
            Self::Bilinear => "bilinear",
            Self::Bicubic => "bicubic",
            Self::BilinearAliased => "bilinear-aliased",
            Self::BilinearTf1 => "bilinear-tf1",
        })
    }
}

impl Display for PixelSampling {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nearest => "nearest",
            Self::Bilinear => "bilinear",
        })
    }
}

/// `0.75..1.3333`: no more than four decimal places.
struct Range((f64, f64));

impl Display for Range {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let short = |value: f64| (value * 1e4).round() / 1e4;
        write!(f, "{}..{}", short(self.0.0), short(self.0.1))
    }
}
