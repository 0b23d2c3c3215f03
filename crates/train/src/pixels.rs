//! The form of pixels: from the recipe's words to the loaders' options.

use std::borrow::Cow;
use std::sync::Arc;

use resnet_data::{
    AnyImage, Channels, DataError, Decoder, Depth, ExifOrientation, PixelFormat, Source,
};
use resnet_recipe::{self as recipe, Bits, Recipe};

/// Images that are looked at where the recipe leaves the form of pixels to the data.
const PROBES: usize = 64;

/// The recipe with `data.bits` and `data.channels` decided, where they are `auto`: by the headers of 64
/// training images at equal distances.
///
/// # Errors
/// [`DataError`] if one of these images cannot be read.
pub fn settled<'a>(recipe: &'a Recipe, train: &dyn Source) -> Result<Cow<'a, Recipe>, DataError> {
    let data = &recipe.data;
    if data.bits != Bits::Auto && data.channels != recipe::Channels::Auto {
        return Ok(Cow::Borrowed(recipe));
    }
    let found = PixelFormat::of_images(train, &*decoder(recipe), PROBES)?;
    let mut settled = recipe.clone();
    if data.bits == Bits::Auto {
        settled.data.bits = match found.depth {
            Depth::Eight => Bits::Eight,
            Depth::Sixteen => Bits::Sixteen,
        };
    }
    if data.channels == recipe::Channels::Auto {
        settled.data.channels = match found.channels {
            Channels::Grey => recipe::Channels::One,
            Channels::Rgb => recipe::Channels::Three,
        };
    }
    Ok(Cow::Owned(settled))
}

/// The form of the pixels in batches; what is not [settled] is 8-bit RGB.
pub fn pixel_format(recipe: &Recipe) -> PixelFormat {
    let depth = match recipe.data.bits {
        Bits::Eight | Bits::Auto => Depth::Eight,
        Bits::Sixteen => Depth::Sixteen,
    };
    let channels = match recipe.data.channels {
        recipe::Channels::One => Channels::Grey,
        recipe::Channels::Three | recipe::Channels::Auto => Channels::Rgb,
    };
    PixelFormat { channels, depth }
}

/// What decodes the images of a recipe.
pub fn decoder(recipe: &Recipe) -> Arc<dyn Decoder> {
    let orientation = match recipe.data.exif_orientation {
        true => ExifOrientation::Apply,
        false => ExifOrientation::Ignore,
    };
    Arc::new(AnyImage {
        orientation,
        #[cfg(feature = "dicom")]
        dicom: dicom(recipe.data.dicom),
        ..AnyImage::default()
    })
}

#[cfg(feature = "dicom")]
fn dicom(recipe: recipe::Dicom) -> resnet_data::DicomOptions {
    use resnet_data::{DicomOptions, Frame, Window};
    let window = match recipe.window {
        recipe::Window::OfFile => Window::OfFile,
        recipe::Window::Full => Window::Full,
        recipe::Window::Given { center, width } => Window::Given { center, width },
    };
    let frame = match recipe.frame {
        recipe::Frame::First => Frame::First,
        recipe::Frame::Middle => Frame::Middle,
        recipe::Frame::Number(number) => Frame::Number(number),
    };
    DicomOptions { window, frame }
}
