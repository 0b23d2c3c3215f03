//! A learning rate to begin with: the loss while the rate rises
//! ([Smith 2015](https://arxiv.org/abs/1506.01186), section 3.3).

mod plot;

use std::fmt::Write as _;
use std::path::Path;

use resnet_files::replace;
use resnet_recipe::Recipe;

use crate::TrainError;
use crate::criterion::Criterion;
use crate::device::Chosen;
use crate::identity::Datasets;
use crate::learner::{Learner, StepAt};
use crate::loaders::train_loader;
use crate::meter::Meter;
use crate::options::RunOptions;
use crate::pixels::settled;

/// Share of the old in the running mean of losses.
const SMOOTHING: f64 = 0.9;
/// A loss so many times the best one ends the search, as in fastai.
const TOO_MUCH: f64 = 4.0;

/// Which rates are tried.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LrRange {
    /// The first.
    pub from: f64,
    /// The last.
    pub to: f64,
    /// How many, at equal ratios.
    pub steps: u64,
}

impl Default for LrRange {
    fn default() -> Self {
        Self { from: 1e-6, to: 10.0, steps: 100 }
    }
}

/// A step of the search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LrPoint {
    /// The learning rate.
    pub lr: f64,
    /// The cross-entropy of the batch before the step.
    pub loss: f64,
    /// Its running mean.
    pub smoothed: f64,
}

/// What the search has found.
#[derive(Debug, Clone, PartialEq)]
pub struct LrCurve {
    /// The steps, in order; fewer than asked for if the loss went up.
    pub points: Vec<LrPoint>,
}

/// Trains the network of `recipe` from fresh weights for some steps, each at a higher rate than the one
/// before, until the loss is four times its best, not finite, or somebody asks to stop. Nothing is kept
/// of the weights.
///
/// # Errors
/// [`TrainError`], as [`train`](crate::run::train).
pub fn find_lr(
    recipe: &Recipe,
    datasets: &Datasets,
    range: LrRange,
    options: &RunOptions,
    chosen: &Chosen,
) -> Result<LrCurve, TrainError> {
    recipe.check()?;
    let recipe = &*settled(recipe, &*datasets.train)?;
    let device = &chosen.device;
    let model = crate::build(recipe, &device.clone().autodiff())?;
    let criterion = Criterion::of_images(recipe, &*datasets.train, device)?;
    let mut learner = Learner::of(model, criterion, recipe, device)?;
    let loader = train_loader(datasets.train.clone(), recipe, options.workers)?;
    let mut batches = (0..).flat_map(|epoch| loader.epoch(epoch, 0));
    let (mut meter, mut curve) = (Meter::default(), LrCurve { points: Vec::new() });
    for step in 0..range.steps {
        let Some(batch) = batches.next().filter(|_| !options.stop.is_requested()) else { break };
        let lr = range.rate(step);
        learner = learner.step(batch?, StepAt { step, lr }, &mut meter);
        let averages = meter.take().first().and_then(resnet_recipe::Totals::averages);
        if !averages.is_some_and(|averages| curve.take(lr, averages.cross_entropy)) {
            break;
        }
    }
    Ok(curve)
}

impl LrRange {
    /// The rate of a step, from 0.
    fn rate(&self, step: u64) -> f64 {
        let last = self.steps.saturating_sub(1).max(1) as f64;
        self.from * (self.to / self.from).powf(step as f64 / last)
    }
}

impl LrCurve {
    /// Takes in the loss of one more step, and says whether to go on.
    fn take(&mut self, lr: f64, loss: f64) -> bool {
        if !loss.is_finite() {
            return false;
        }
        let number = i32::try_from(self.points.len()).unwrap_or(i32::MAX - 1);
        // Brought back to what it would be without the zero at which it starts.
        let before =
            self.points.last().map_or(0.0, |point| point.smoothed * (1.0 - SMOOTHING.powi(number)));
        let mean = SMOOTHING * before + (1.0 - SMOOTHING) * loss;
        let smoothed = mean / (1.0 - SMOOTHING.powi(number + 1));
        self.points.push(LrPoint { lr, loss, smoothed });
        let best = self.points.iter().map(|point| point.smoothed).fold(f64::INFINITY, f64::min);
        smoothed <= TOO_MUCH * best
    }

    /// A tenth of the rate at which the running mean of the loss is lowest, which is still on the way
    /// down; `None` if the mean is nowhere below its beginning.
    #[must_use]
    pub fn suggestion(&self) -> Option<f64> {
        let first = self.points.first()?.smoothed;
        let lowest = self.points.iter().min_by(|a, b| a.smoothed.total_cmp(&b.smoothed))?;
        (lowest.smoothed < first).then_some(lowest.lr / 10.0)
    }

    /// The steps as comma-separated values.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut text = "learning_rate,loss,smoothed\n".to_owned();
        for LrPoint { lr, loss, smoothed } in &self.points {
            writeln!(text, "{lr},{loss},{smoothed}").expect("a String takes all");
        }
        text
    }

    /// The curve as a picture that needs no other file.
    #[must_use]
    pub fn to_svg(&self) -> String {
        plot::svg(self)
    }

    /// Writes `lr-finder.csv` and `lr-finder.svg` into `folder`, which is made if it is missing.
    ///
    /// # Errors
    /// [`TrainError::ModelFolder`] if the file system refuses.
    pub fn write(&self, folder: &Path) -> Result<(), TrainError> {
        let failed = |source| TrainError::ModelFolder { path: folder.to_owned(), source };
        std::fs::create_dir_all(folder).map_err(failed)?;
        replace(&folder.join("lr-finder.csv"), self.to_csv().as_bytes()).map_err(failed)?;
        replace(&folder.join("lr-finder.svg"), self.to_svg().as_bytes()).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A loss that falls around 0.01 and rises from about 0.3 on.
    fn curve() -> LrCurve {
        let mut curve = LrCurve { points: Vec::new() };
        let range = LrRange { from: 1e-5, to: 10.0, steps: 400 };
        for step in 0..range.steps {
            let lr = range.rate(step);
            let fall = 1.0 / (1.0 + (-3.0 * (lr / 0.01).ln()).exp());
            if !curve.take(lr, 2.3 - 1.5 * fall + (lr / 0.3).powi(3)) {
                break;
            }
        }
        curve
    }

    #[test]
    fn a_tenth_of_the_best_rate_is_suggested_and_a_rising_loss_ends_the_search() {
        let curve = curve();
        assert!(curve.points.len() < 400, "it went on to {:?}", curve.points.last());
        let lr = curve.suggestion().expect("it falls");
        // The loss is lowest near 0.07, and the running mean lags behind.
        assert!((0.006..0.015).contains(&lr), "{lr}");
    }

    #[test]
    fn the_first_loss_is_its_own_mean_and_what_is_not_finite_is_left_out() {
        let mut curve = LrCurve { points: Vec::new() };
        assert!(curve.take(0.1, 2.0) && curve.take(0.2, 2.0));
        assert!(curve.points.iter().all(|point| (point.smoothed - 2.0).abs() < 1e-12));
        assert!(!curve.take(0.3, f64::NAN));
        assert_eq!((curve.points.len(), curve.suggestion()), (2, None));
    }

    #[test]
    fn the_picture_holds_every_step_and_says_the_rate() {
        let (curve, svg) = (curve(), curve().to_svg());
        assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
        let line = svg.split("class=\"smoothed\" points=\"").nth(1).expect("a line");
        assert_eq!(line.split('"').next().map(|p| p.split(' ').count()), Some(curve.points.len()));
        assert!(svg.contains("prefers-color-scheme: dark") && svg.contains("lowest at"));
        assert_eq!(curve.to_csv().lines().count(), curve.points.len() + 1);
        assert!(LrCurve { points: Vec::new() }.to_svg().contains("no step"));
    }
}
