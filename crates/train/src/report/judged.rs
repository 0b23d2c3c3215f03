//! What a network says about images whose class is known.

use std::path::Path;
use std::sync::Arc;

use resnet_data::Source;
use resnet_metrics::{Confusion, Decision, Predictions, Scored};
use resnet_recipe::Recipe;
use resnet_report::{Block, Section, Tile, grouped, sections};

use super::answers::Answers;
use super::pictures::{self, Shown};
use crate::TrainError;
use crate::predict::Ensemble;

/// Up to so many classes, the probabilities of each are judged against the rest.
const MOST_JUDGED_CLASSES: usize = 100;

/// So many pictures of right and of wrong answers are shown.
const PICTURES: usize = 12;

/// What networks say about the images of a source, beside what they are.
pub struct Judged {
    source: Arc<dyn Source>,
    networks: Ensemble,
    answers: Answers,
    predictions: Predictions,
    decision: Decision,
    /// What each image is taken for.
    said: Vec<usize>,
}

impl Judged {
    /// Asks `networks` about every image of `source`; each is taken for its most probable class. `subgroup` is
    /// a column of the manifest.
    ///
    /// # Errors
    /// Whatever keeps the images from being read; those that do not decode are left out instead.
    /// [`TrainError::Metrics`] if not one image is left, or if the answers are no numbers.
    pub fn of(
        networks: Ensemble,
        source: Arc<dyn Source>,
        subgroup: Option<&str>,
    ) -> Result<Self, TrainError> {
        let answers = Answers::of(&networks, &source, subgroup)?;
        let predictions = answers.predictions()?;
        let decision = Decision::MostProbable;
        let said = predictions.answers(decision);
        Ok(Self { source, networks, answers, predictions, decision, said })
    }

    /// Images are taken for classes by this decision.
    #[must_use]
    pub fn with_decision(self, decision: Decision) -> Self {
        let said = self.predictions.answers(decision);
        Self { decision, said, ..self }
    }

    /// Where the images are.
    #[must_use]
    pub fn source(&self) -> &Arc<dyn Source> {
        &self.source
    }

    /// Who was asked.
    #[must_use]
    pub fn networks(&self) -> &Ensemble {
        &self.networks
    }

    /// The answers, image by image.
    #[must_use]
    pub fn answers(&self) -> &Answers {
        &self.answers
    }

    /// The probabilities of each class and the truth, in the order of the answers.
    #[must_use]
    pub fn predictions(&self) -> &Predictions {
        &self.predictions
    }

    /// Numbers in the source of the wrong answers that are given with the highest probability, each with
    /// the class that was said.
    #[must_use]
    pub fn worst(&self, most: usize) -> Vec<(usize, usize)> {
        let wrong = self.surest(false, most).into_iter();
        wrong.map(|(example, said)| (self.answers.answers[example].image, said)).collect()
    }

    /// Names of the classes.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        &self.answers.classes
    }

    /// The accuracy, to stand out.
    pub(super) fn tile(&self) -> Tile {
        let right = std::iter::zip(self.predictions.truth(), &self.said);
        let right = right.filter(|(truth, said)| truth == said).count();
        let accuracy = 100.0 * right as f64 / self.predictions.len() as f64;
        let note = format!("top-1 of {} images", grouped(self.predictions.len()));
        Tile::new("Judged here", format!("{accuracy:.2} %")).with_note(note)
    }

    /// What the network was trained by; of several the first.
    #[must_use]
    pub fn recipe(&self) -> &Recipe {
        &self.networks.first().trained().recipe
    }

    /// The files or checkpoints of the weights.
    pub fn weights(&self) -> impl Iterator<Item = &Path> {
        self.networks.members().map(|network| network.trained().path.as_path())
    }

    /// What the images of each class were taken for.
    #[must_use]
    pub fn confusion(&self) -> Confusion {
        self.predictions.confusion(self.decision)
    }

    /// Confusion, classes, reliability of the most probable answers, and the pictures of the surest right and wrong answers, the
    /// wrong ones with what spoke for them.
    ///
    /// # Errors
    /// [`TrainError::Data`] if a picture cannot be read again.
    pub fn sections(&self) -> Result<Vec<Section>, TrainError> {
        let (confusion, classes) = (self.confusion(), self.classes());
        let mut all = vec![
            sections::confusion(&confusion, classes),
            sections::per_class(&confusion, classes, &self.areas()),
        ];
        if self.decision == Decision::MostProbable {
            let reliability = self.predictions.reliability(15)?;
            let chart = sections::reliability_chart(&[("answers", &reliability)]);
            all.push(Section::new("Calibration").with(chart));
        }
        all.extend(self.pictures()?);
        let left_out = self.answers.unreadable.len();
        if left_out > 0 {
            let text = format!("{} images could not be read.", grouped(left_out));
            all.push(Section::new("Left out").with(Block::Notice(text)));
        }
        Ok(all)
    }

    fn areas(&self) -> Vec<Scored> {
        let classes = self.predictions.classes();
        let judged = if classes <= MOST_JUDGED_CLASSES { classes } else { 0 };
        (0..judged).map(|class| self.predictions.one_vs_rest(class)).collect()
    }

    fn pictures(&self) -> Result<Vec<Section>, TrainError> {
        let mut sections = Vec::new();
        for (title, right) in [("Worst answers", false), ("Best answers", true)] {
            let shown = self.surest(right, PICTURES).into_iter();
            let shown: Vec<Shown> =
                shown.map(|(example, said)| self.shown(example, said)).collect();
            if !shown.is_empty() {
                let figures = pictures::figures(self.networks.first(), &self.source, &shown)?;
                sections.push(Section::new(title).with(figures));
            }
        }
        Ok(sections)
    }

    fn shown(&self, example: usize, said: usize) -> Shown {
        let (answer, row) = (&self.answers.answers[example], self.predictions.row(example));
        let (truth, wrong) = (answer.truth, answer.truth != said);
        let [is, taken_for] = [truth, said].map(|class| &self.classes()[class]);
        let mut lines = vec![format!("{taken_for} {:.3}", row[said])];
        lines.extend(wrong.then(|| format!("is {is} {:.3}", row[truth])));
        lines.push(answer.place.clone());
        Shown {
            image: answer.image,
            alt: format!("An image of {is}, taken for {taken_for}"),
            lines,
            explained: wrong.then_some(said),
        }
    }

    /// The examples whose answers are right, or wrong, and given with the highest probability, each with
    /// its answer.
    fn surest(&self, right: bool, most: usize) -> Vec<(usize, usize)> {
        let numbered = self.said.iter().copied().enumerate();
        let truth = self.predictions.truth();
        let mut chosen: Vec<(usize, usize)> =
            numbered.filter(|&(example, said)| (truth[example] == said) == right).collect();
        let of_answer = |&(example, said): &(usize, usize)| self.predictions.row(example)[said];
        chosen.sort_by(|a, b| of_answer(b).total_cmp(&of_answer(a)));
        chosen.truncate(most);
        chosen
    }
}
