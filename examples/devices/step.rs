//! One training step that can be compared with the same step elsewhere.

use std::time::Instant;

use anyhow::{Context, Result};
use burn::tensor::{Device, TensorData};
use resnet::data::Batch;
use resnet::models::read_back;
use resnet::recipe::StemKind;
use resnet::training::input::Normalizer;
use resnet::training::learner::{Learner, LearnerState, StepAt};
use resnet::training::meter::Meter;
use resnet::{Recipe, presets};

use crate::check::Trial;

/// Scale at the end of every residual branch.
///
/// With the usual 1 a fresh ResNet-50 multiplies rounding errors: those of TF32 alone change a
/// gradient by 60 % (measured in PyTorch), since every ReLU near zero may flip. With this the
/// same rounding changes it by 11 %, and a wrong kernel stands out.
const BRANCH_SCALE: f32 = 0.2;

/// A learner, and what times its steps.
pub(crate) struct SmallRun<'a> {
    learner: Option<Learner>,
    device: &'a Device,
    steps: u64,
    /// Cross-entropy of every step, per example.
    pub(crate) losses: Vec<f64>,
}

impl<'a> SmallRun<'a> {
    pub(crate) fn new(learner: Learner, device: &'a Device) -> Self {
        Self { learner: Some(learner), device, steps: 0, losses: Vec::new() }
    }

    /// Seconds of a step; it ends when the loss has been read and the device is idle.
    pub(crate) fn step(&mut self, batch: Batch) -> Result<f64> {
        let learner = self.learner.take().context("a step that failed left no network")?;
        let (mut meter, at, start) =
            (Meter::default(), StepAt { step: self.steps, lr: 0.1 }, Instant::now());
        let learner = learner.step(batch, at, &mut meter);
        let totals = meter.take();
        self.device.sync()?;
        self.learner = Some(learner);
        self.steps += 1;
        self.losses.extend(totals.iter().map(|totals| totals.cross_entropy / totals.examples));
        Ok(start.elapsed().as_secs_f64())
    }

    pub(crate) fn learner(&self) -> Result<&Learner> {
        self.learner.as_ref().context("a step that failed left no network")
    }
}

/// What a step brought about.
pub(crate) struct Observed {
    /// Cross-entropy of the step, per example.
    pub(crate) loss: f64,
    /// Of the network after the step, for the same images.
    pub(crate) logits: TensorData,
    /// Weights, running statistics, and the gradient as the optimizer remembers it.
    pub(crate) state: LearnerState,
    /// Of the first step, with everything that is compiled and tuned for it, and of the second.
    pub(crate) seconds: [f64; 2],
}

/// Makes one step of `trial` on `device`, looks at everything, and times another one.
pub(crate) fn observe(trial: &Trial, device: &Device) -> Result<Observed> {
    let mut run = SmallRun::new(learner_for(trial, device)?, device);
    let first = run.step(made_up(trial))?;
    let recipe = recipe(trial);
    let normalizer = Normalizer::new(recipe.data.mean, recipe.data.std, device);
    let images = normalizer.upload(made_up(trial)).images;
    let logits = read_back(run.learner()?.inference_model().forward(images));
    let state = run.learner()?.state();
    let second = run.step(made_up(trial))?;
    Ok(Observed { loss: run.losses[0], logits, state, seconds: [first, second] })
}

/// A fresh network whose steps do not magnify rounding.
pub(crate) fn learner_for(trial: &Trial, device: &Device) -> Result<Learner> {
    let learner = Learner::new(&recipe(trial), device)?;
    let mut state = learner.state();
    let last = if trial.layers >= 50 && !is_small(trial) { ".bn3.weight" } else { ".bn2.weight" };
    for (name, values) in &mut state.model {
        if name.ends_with(last) {
            *values = TensorData::full(values.shape().clone(), BRANCH_SCALE);
        }
    }
    Ok(learner.restore(state)?)
}

/// Networks for small images have `6 n + 2` layers.
fn is_small(trial: &Trial) -> bool {
    trial.layers % 6 == 2 && trial.layers != 50 && trial.layers != 152
}

/// Without weight decay, so that the optimizer's memory after the first step is the gradient.
fn recipe(trial: &Trial) -> Recipe {
    let mut recipe = presets::tutorial();
    recipe.model.name = format!("resnet{}", trial.layers);
    if is_small(trial) {
        recipe.model.stem = StemKind::Small;
    }
    recipe.optimizer.weight_decay = 0.0;
    recipe
}

/// Bytes without structure, the same everywhere.
pub(crate) fn made_up(trial: &Trial) -> Batch {
    let Trial { side, batch, .. } = *trial;
    let byte = |i: usize| (i.wrapping_mul(2_654_435_761) >> 7) as u8;
    Batch {
        images: (0..batch * side * side * 3).map(byte).collect(),
        labels: (0..batch as u32).collect(),
        weights: vec![1.0; batch],
        height: side,
        width: side,
        ..Batch::default()
    }
}
