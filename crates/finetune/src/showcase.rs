//! The worst mistakes.

use std::sync::Arc;

use resnet_data::{Batch, RgbImage, Source, Subset, contact_sheet};
use resnet_train::loaders::validation_loader;

use crate::fit::split;
use crate::{Answer, Findings, FinetuneError};

/// A test image that the network was wrong about.
#[derive(Debug, Clone)]
pub struct Mistake {
    /// What was said about it.
    pub answer: Answer,
    /// The number of the class it was taken for.
    pub said: usize,
    /// The image as the network saw it, as a PNG file.
    pub image: Vec<u8>,
}

/// The test images with the smallest probabilities of their own class among those that were taken for
/// another, at most `most`, the worst first.
///
/// # Errors
/// [`FinetuneError`] if an image cannot be read any more.
pub fn mistakes(findings: &Findings, most: usize) -> Result<Vec<Mistake>, FinetuneError> {
    let answers = &findings.test.answers;
    let said = |index: usize| findings.judgement.class_of(&answers[index].probabilities);
    let mut wrong: Vec<usize> =
        (0..answers.len()).filter(|&index| said(index) != answers[index].truth).collect();
    let of_truth = |index: usize| answers[index].probabilities[answers[index].truth];
    wrong.sort_by(|&a, &b| of_truth(a).total_cmp(&of_truth(b)));
    wrong.truncate(most);
    let pictures = pictures(findings, wrong.clone())?;
    let mistake = |(index, picture): (usize, RgbImage)| {
        let image = contact_sheet::png(&picture)?;
        Ok(Mistake { answer: answers[index].clone(), said: said(index), image })
    };
    wrong.into_iter().zip(pictures).map(mistake).collect()
}

/// These test images as the network saw them.
fn pictures(findings: &Findings, indices: Vec<usize>) -> Result<Vec<RgbImage>, FinetuneError> {
    if indices.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = indices.len();
    let subset = Subset::new(split(&findings.dataset, "test")?, "mistaken", indices);
    let subset: Arc<dyn Source> = Arc::new(subset);
    let mut pictures = Vec::with_capacity(wanted);
    for batch in validation_loader(subset, &findings.recipe, 1)?.epoch(0, 0) {
        pictures.extend(unpacked(&batch?));
    }
    // The slots of the last batch that have no image of their own come last.
    pictures.truncate(wanted);
    Ok(pictures)
}

fn unpacked(batch: &Batch) -> Vec<RgbImage> {
    let Batch { height, width, .. } = *batch;
    let pixels = batch.images.chunks(height * width * 3);
    pixels.map(|pixels| RgbImage { height, width, pixels: pixels.to_vec() }).collect()
}
