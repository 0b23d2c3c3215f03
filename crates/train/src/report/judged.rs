//! What a network says about images whose class is known.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::tensor::Device;
use resnet_data::Source;
use resnet_metrics::{Groups, MetricsError, Predictions, Scored};
use resnet_recipe::Recipe;
use resnet_report::{Block, Section, Tile, grouped, sections};

use super::ask::Answers;
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
    classes: Vec<String>,
    predictions: Predictions,
    /// For each example its number in the source.
    images: Vec<usize>,
    recipe: Recipe,
    weights: PathBuf,
}

impl Judged {
    /// Asks the weights of the best evaluation of the run in `model_dir`, or those of its newest
    /// checkpoint if it was never evaluated, about every image of `source`, as an evaluation does.
    /// Probabilities are the softmax of the logits. `classes` names the classes; without, they are
    /// called by their numbers.
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
        let trained = Trained::from_run(model_dir, device)?;
        let predictor = Predictor::new(trained).with_workers(workers);
        let Answers { images, truth, logits } = Answers::of(&predictor, &source)?;
        let Trained { recipe, path: weights, .. } = predictor.into_trained();
        let count = recipe.model.num_classes;
        let numbers = || (0..count).map(|class| class.to_string()).collect();
        let classes: Vec<String> = classes.unwrap_or_else(numbers);
        if classes.len() != count {
            let (found, what) = (classes.len(), "class names");
            return Err(MetricsError::Length { what, found, expected: count }.into());
        }
        let predictions = Predictions::from_logits(count, &logits, truth)?;
        Ok(Self { source, classes, predictions, images, recipe, weights })
    }

    /// Where the images are.
    #[must_use]
    pub fn source(&self) -> &Arc<dyn Source> {
        &self.source
    }

    /// The probabilities of each class and the truth.
    #[must_use]
    pub fn predictions(&self) -> &Predictions {
        &self.predictions
    }

    /// Number in the source of each example of [`predictions`](Self::predictions).
    #[must_use]
    pub fn images(&self) -> &[usize] {
        &self.images
    }

    /// Numbers in the source of the wrong answers that are given with the highest probability.
    #[must_use]
    pub fn worst(&self, most: usize) -> Vec<usize> {
        self.surest(false, most).iter().map(|shown| shown.image).collect()
    }

    /// Which examples belong together, according to the source; each on its own where it knows no
    /// groups.
    #[must_use]
    pub fn groups(&self) -> Groups {
        let name = |&image: &usize| match self.source.group(image) {
            Some(group) => format!("group {group}"),
            None => format!("image {image}"),
        };
        Groups::by_name(&self.images.iter().map(name).collect::<Vec<_>>())
    }

    /// Names of the classes.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        &self.classes
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
        &self.recipe
    }

    /// The file or checkpoint of the weights.
    #[must_use]
    pub fn weights(&self) -> &Path {
        &self.weights
    }

    /// Confusion, classes, reliability, and the pictures of the surest right and wrong answers.
    ///
    /// # Errors
    /// [`TrainError::Data`] if a picture cannot be read again.
    pub fn sections(&self) -> Result<Vec<Section>, TrainError> {
        let confusion = self.predictions.confusion();
        let mut all = vec![
            sections::confusion(&confusion, &self.classes),
            sections::per_class(&confusion, &self.classes, &self.areas()),
        ];
        let reliability = self.predictions.reliability(15)?;
        let chart = sections::reliability_chart(&[("answers", &reliability)]);
        all.push(Section::new("Calibration").with(chart));
        all.extend(self.pictures()?);
        let left_out = self.source.len() - self.predictions.len();
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
            let shown = self.surest(right, PICTURES);
            if !shown.is_empty() {
                let figures = pictures::figures(&*self.source, &shown, &self.classes)?;
                sections.push(Section::new(title).with(figures));
            }
        }
        Ok(sections)
    }

    /// The answers that are right, or wrong, and given with the highest probability.
    fn surest(&self, right: bool, most: usize) -> Vec<Shown> {
        let answers = self.predictions.answers();
        let shown = |example: usize| Shown {
            image: self.images[example],
            truth: self.predictions.truth()[example],
            answer: answers[example],
            of_truth: self.predictions.row(example)[self.predictions.truth()[example]],
            of_answer: self.predictions.row(example)[answers[example]],
        };
        let all = (0..self.predictions.len()).map(shown);
        let mut shown: Vec<Shown> =
            all.filter(|shown| (shown.truth == shown.answer) == right).collect();
        shown.sort_by(|a, b| b.of_answer.total_cmp(&a.of_answer));
        shown.truncate(most);
        shown
    }
}
