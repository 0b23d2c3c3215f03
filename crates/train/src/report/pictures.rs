//! Pictures with what was said about them.

use resnet_data::contact_sheet::{png, thumbnail};
use resnet_data::{AnyImage, Source};
use resnet_report::{Figure, Picture};

use crate::TrainError;

/// Longer side of a picture, in pixels.
const SIZE: usize = 128;

/// An image and the answer to it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown {
    /// Its number in the source.
    pub(super) image: usize,
    pub(super) truth: usize,
    pub(super) answer: usize,
    /// Probability of the true class.
    pub(super) of_truth: f64,
    /// Probability of the answer.
    pub(super) of_answer: f64,
}

/// The images with their captions.
pub(super) fn figures(
    source: &dyn Source,
    shown: &[Shown],
    classes: &[String],
) -> Result<Vec<Figure>, TrainError> {
    shown.iter().map(|shown| figure(source, shown, classes)).collect()
}

fn figure(source: &dyn Source, shown: &Shown, classes: &[String]) -> Result<Figure, TrainError> {
    let image = thumbnail(source, shown.image, SIZE, &AnyImage::default())?;
    let picture = Picture::new(png(&image)?).expect("this is how a PNG file begins");
    let (truth, answer) = (&classes[shown.truth], &classes[shown.answer]);
    let alt = format!("An image of {truth}, taken for {answer}");
    let mut figure =
        Figure::new(picture, alt).with_line(format!("{answer} {:.3}", shown.of_answer));
    if shown.truth != shown.answer {
        figure = figure.with_line(format!("is {truth} {:.3}", shown.of_truth));
    }
    Ok(figure.with_line(source.place(shown.image)))
}
