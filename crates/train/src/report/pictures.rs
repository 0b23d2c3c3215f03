//! Pictures with what was said about them, and what spoke for it.

use std::sync::Arc;

use resnet_data::contact_sheet::{png, thumbnail};
use resnet_data::{RgbImage, Source};
use resnet_report::{Figure, Picture};

use crate::TrainError;
use crate::pixels::decoder;
use crate::predict::Predictor;

/// Longer side of a picture without a heat map, in pixels.
const SIZE: usize = 128;

/// An image, and what is written beneath it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Its number in the source.
    pub image: usize,
    /// What is to be seen, in words.
    pub alt: String,
    /// Lines beneath the picture.
    pub lines: Vec<String>,
    /// The class whose heat map stands beside the picture.
    pub explained: Option<usize>,
}

/// The images with their captions: where a class is explained, as the network saw it, with the
/// heat map of what spoke for that class ([Grad-CAM](Predictor::explain)).
///
/// # Errors
/// [`TrainError::Data`] if an image cannot be read.
pub fn figures(
    predictor: &Predictor,
    source: &Arc<dyn Source>,
    shown: &[Shown],
) -> Result<Vec<Figure>, TrainError> {
    shown.iter().map(|shown| figure(predictor, source, shown)).collect()
}

fn figure(
    predictor: &Predictor,
    source: &Arc<dyn Source>,
    shown: &Shown,
) -> Result<Figure, TrainError> {
    let figure = match shown.explained {
        None => {
            let decoder = decoder(&predictor.trained().recipe);
            let image = thumbnail(&**source, shown.image, SIZE, &*decoder)?;
            Figure::new(picture(&image)?, shown.alt.clone())
        }
        Some(class) => {
            let explained = predictor.explain(source, shown.image, Some(class))?;
            let heat =
                format!("What spoke for {}: {}", predictor.trained().classes[class], shown.alt);
            Figure::new(picture(&explained.image)?, shown.alt.clone())
                .beside(picture(&explained.overlay())?, heat)
        }
    };
    Ok(shown.lines.iter().fold(figure, |figure, line| figure.with_line(line.clone())))
}

fn picture(image: &RgbImage) -> Result<Picture, TrainError> {
    Ok(Picture::new(png(image)?).expect("this is how a PNG file begins"))
}
