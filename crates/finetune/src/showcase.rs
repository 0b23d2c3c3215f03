//! The worst mistakes.

use resnet_data::contact_sheet;
use resnet_train::report::Shown;

use crate::fit::split;
use crate::{Answer, Findings, FinetuneError};

/// A test image that the network was wrong about.
#[derive(Debug, Clone, PartialEq)]
pub struct Mistake {
    /// What was said about it.
    pub answer: Answer,
    /// The number of the class it was taken for.
    pub said: usize,
}

impl Mistake {
    /// The image as the network saw it and, beside it, the same under the heat map of what spoke for the
    /// class it was taken for ([Grad-CAM](resnet_train::predict::Explained)), as a PNG file.
    ///
    /// # Errors
    /// [`FinetuneError`] if the image cannot be read any more.
    pub fn picture(&self, findings: &Findings) -> Result<Vec<u8>, FinetuneError> {
        let images = split(&findings.dataset, "test")?;
        let predictor = &findings.fitted.predictor;
        let explained = predictor.explain(&images, self.answer.image, Some(self.said))?;
        let overlay = explained.overlay();
        Ok(contact_sheet::png(&contact_sheet::sheet(&[vec![explained.image, overlay]]))?)
    }

    /// The image and its caption, for a report.
    pub(crate) fn shown(&self, classes: &[String]) -> Shown {
        let Self { answer, said } = self;
        let (truth, said_name) = (&classes[answer.truth], &classes[*said]);
        let name = std::path::Path::new(&answer.place).file_name();
        let name = name.map_or(answer.place.clone(), |name| name.to_string_lossy().into_owned());
        let probability = answer.probabilities[answer.truth];
        Shown {
            image: answer.image,
            alt: format!("{truth}, taken for {said_name}"),
            lines: vec![
                name,
                format!("{truth} (probability {probability:.3}), taken for {said_name}"),
            ],
            explained: Some(*said),
        }
    }
}

/// The test images with the smallest probabilities of their own class among those that were taken for
/// another, at most `most`, the worst first.
#[must_use]
pub fn mistakes(findings: &Findings, most: usize) -> Vec<Mistake> {
    let said = |answer: &Answer| findings.judgement.class_of(&answer.probabilities);
    let all = findings.test.answers.iter();
    let mut wrong: Vec<Mistake> = all
        .map(|answer| Mistake { answer: answer.clone(), said: said(answer) })
        .filter(|mistake| mistake.said != mistake.answer.truth)
        .collect();
    let of_truth = |mistake: &Mistake| mistake.answer.probabilities[mistake.answer.truth];
    wrong.sort_by(|a, b| of_truth(a).total_cmp(&of_truth(b)));
    wrong.truncate(most);
    wrong
}
