/// How a resize computes pixels that lie between pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Interpolation {
    /// The nearest pixel, as Pillow's `NEAREST`: fast and rough.
    Nearest,
    /// Linear, with antialiasing: Pillow's `BILINEAR`, the default of torchvision.
    #[default]
    Bilinear,
    /// Cubic (Keys, a = -0.5), with antialiasing: Pillow's `BICUBIC`, sharper.
    Bicubic,
    /// Linear between the four nearest pixels, without antialiasing: torchvision's
    /// `antialias=False`, TensorFlow 2's `tf.image.resize`, OpenCV's `INTER_LINEAR`.
    BilinearAliased,
    /// Linear between four pixels as TensorFlow 1 computed it: `tf.compat.v1.image.resize` with
    /// `align_corners=False`, which lays corners on corners instead of centres on centres, so that
    /// the image moves by up to half a pixel. Only for weights that were trained so.
    BilinearTf1,
}

/// How a rotation or shear picks pixels from its input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PixelSampling {
    /// The nearest pixel: the default of torchvision.
    #[default]
    Nearest,
    /// Linear between the four nearest pixels: what torchvision's published recipes use.
    Bilinear,
}
