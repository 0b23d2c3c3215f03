//! What a network says about images whose class is known.

use std::path::Path;
use std::sync::Arc;

use burn::tensor::Device;
use resnet_data::Source;
use resnet_metrics::{MetricsError, Predictions, Scored};
use resnet_recipe::Recipe;
use resnet_report::{Block, Section, Tile, grouped, sections};

use super::answers::{Answer, Answers};
use super::pictures::{self, Shown};
use crate::TrainError;
use crate::predict::{Predictor, Trained};

/// Up to so many classes, the probabilities of each are judged against the rest.
const MOST_JUDGED_CLASSES: usize = 100;

/// So many pictures of right and of wrong answers are shown.
const PICTURES: usize = 12;

/// What the network of a run says about the images of a source, beside what they are.
pub struct Judged {
    source: Arc<dyn Source>,
    predictor: Predictor,
    answers: Answers,
    predictions: Predictions,
}

impl Judged {
    /// Asks the weights of the best evaluation of the run in `model_dir`, or those of its newest
    /// checkpoint if it was never evaluated, about every image of `source`, as an evaluation does.
    /// `classes` names the classes; without, they are called as the run calls them.
    ///
    /// # Errors
    /// [`TrainError::NoCheckpoint`] if there is no run, and whatever keeps its files or the images from
    /// being read; images that do not decode are left out instead. [`TrainError::Metrics`] if not one
    /// image is left, if there are not as many names as classes, or if the answers are no numbers.
    pub fn of_run(
        model_dir: &Path,
        source: Arc<dyn Source>,
        classes: Option<Vec<String>>,
        workers: usize,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let mut trained = Trained::from_run(model_dir, device)?;
        let count = trained.recipe.model.num_classes;
        trained.classes = classes.unwrap_or(trained.classes);
        if trained.classes.len() != count {
            let (found, what) = (trained.classes.len(), "class names");
            return Err(MetricsError::Length { what, found, expected: count }.into());
        }
        let batch_size = trained.recipe.train.batch_size;
        let predictor = Predictor::new(trained).with_workers(workers).with_batch_size(batch_size);
        let answers = Answers::of(&predictor, &source, None)?;
        let predictions = answers.predictions()?;
        Ok(Self { source, predictor, answers, predictions })
    }

    /// Where the images are.
    #[must_use]
    pub fn source(&self) -> &Arc<dyn Source> {
        &self.source
    }

    /// Who was asked.
    #[must_use]
    pub fn predictor(&self) -> &Predictor {
        &self.predictor
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

    /// What the manifest says of each image that was asked about in the column `name`, `–` where nothing.
    #[must_use]
    pub fn subgroups(&self, name: &str) -> Vec<String> {
        let word =
            |answer: &Answer| self.source.column(answer.image, name).unwrap_or("–").to_owned();
        self.answers.answers.iter().map(word).collect()
    }

    /// Names of the classes.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        &self.answers.classes
    }

    /// The accuracy, to stand out.
    pub(super) fn tile(&self) -> Tile {
        let accuracy = 100.0 * self.predictions.top_k(1).unwrap_or(0.0);
        let note = format!("top-1 of {} images", grouped(self.predictions.len()));
        Tile::new("Judged here", format!("{accuracy:.2} %")).with_note(note)
    }

    /// What the network was trained by.
    #[must_use]
    pub fn recipe(&self) -> &Recipe {
        &self.predictor.trained().recipe
    }

    /// The file or checkpoint of the weights.
    #[must_use]
    pub fn weights(&self) -> &Path {
        &self.predictor.trained().path
    }

    /// Confusion, classes, reliability, and the pictures of the surest right and wrong answers, the
    /// wrong ones with what spoke for them.
    ///
    /// # Errors
    /// [`TrainError::Data`] if a picture cannot be read again.
    pub fn sections(&self) -> Result<Vec<Section>, TrainError> {
        let (confusion, classes) = (self.predictions.confusion(), self.classes());
        let mut all = vec![
            sections::confusion(&confusion, classes),
            sections::per_class(&confusion, classes, &self.areas()),
        ];
        let reliability = self.predictions.reliability(15)?;
        let chart = sections::reliability_chart(&[("answers", &reliability)]);
        all.push(Section::new("Calibration").with(chart));
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
                let figures = pictures::figures(&self.predictor, &self.source, &shown)?;
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
        let numbered = self.predictions.answers().into_iter().enumerate();
        let truth = self.predictions.truth();
        let mut chosen: Vec<(usize, usize)> =
            numbered.filter(|&(example, said)| (truth[example] == said) == right).collect();
        let of_answer = |&(example, said): &(usize, usize)| self.predictions.row(example)[said];
        chosen.sort_by(|a, b| of_answer(b).total_cmp(&of_answer(a)));
        chosen.truncate(most);
        chosen
    }
}
