//! What a person sees while a run goes on.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use resnet::recipe::{
    Damaged, EpochReport, Evaluation, InitialWeightsLoaded, NonFinite, RunStart, SinkError,
    StepReport,
};
use resnet::report::grouped;
use resnet::{Ending, Outcome, RunEvent, Sink};

use crate::command::{cargo_run, quoted};
use crate::stdout;

/// A bar where stdout is a terminal, a line per report elsewhere; a line per epoch in both.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    epochs: u64,
    total_steps: u64,
}

impl Progress {
    pub(crate) fn new() -> Self {
        let bar = io::stdout().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout());
            let template = "{bar:30} step {pos}/{len}  {msg}  {eta} left";
            bar.set_style(ProgressStyle::with_template(template).expect("a valid template"));
            bar
        });
        Self { bar, epochs: 0, total_steps: 0 }
    }

    fn start(&mut self, start: &RunStart<'_>) {
        self.epochs = start.recipe.train.epochs;
        self.total_steps = start.total_steps;
        if let Some(bar) = &self.bar {
            bar.set_length(start.total_steps);
            bar.set_position(start.resumed.as_ref().map_or(0, |resumed| resumed.step));
            bar.reset_eta();
        }
        self.line(&format!(
            "{} with {} parameters, {} training and {} validation images, \
             {} steps an epoch, until step {}.",
            network(&start.recipe.model.name),
            grouped(start.parameters),
            grouped(start.train_images),
            grouped(start.validation_images),
            start.steps_per_epoch,
            start.total_steps,
        ));
        if let Some(resumed) = &start.resumed {
            let path = resumed.path.display();
            self.line(&format!("Continuing at step {} from {path}.", resumed.step));
        }
    }

    fn step(&self, report: &StepReport) {
        let text = format!(
            "loss {:.3}  lr {:.4}  {:.0} images/s",
            report.train.cross_entropy, report.learning_rate, report.images_per_second
        );
        match &self.bar {
            Some(bar) => {
                bar.set_position(report.step);
                bar.set_message(text);
            }
            None => {
                let left = self.total_steps.saturating_sub(report.step) as f64;
                let left = clock(Duration::from_secs_f64(left / report.steps_per_second));
                let Self { total_steps, .. } = self;
                self.line(&format!("step {}/{total_steps}  {text}  {left} left", report.step));
            }
        }
    }

    fn epoch(&self, report: &EpochReport) {
        let mut line = format!(
            "epoch {}/{}  train: loss {:.3}, top-1 {:.1} %",
            report.epoch,
            self.epochs,
            report.train.cross_entropy,
            100.0 * report.train.top1
        );
        if let Some(validation) = &report.validation {
            line += &format!("  validation: {}", evaluation(validation));
        }
        line += &format!("  {}", clock(Duration::from_secs_f64(report.seconds)));
        self.line(&line);
        let bad = report.bad_images.iter();
        for image in bad.chain(report.validation.iter().flat_map(|v| &v.bad_images)) {
            self.line(&format!("  left out: {image}"));
        }
    }

    fn initial_weights(&self, weights: &InitialWeightsLoaded) {
        self.line(&format!("Weights: {}: {}.", weights.path.display(), weights.report));
    }

    fn damaged(&self, damaged: &Damaged) {
        self.line(&format!("warning: a checkpoint is left out: {}.", damaged.reason));
        self.line(&format!("  It lies in {} now; an older one is used.", damaged.path.display()));
    }

    fn non_finite(&self, step: &NonFinite) {
        self.line(&format!("warning: {}; {}. Its images:", step.in_words(), step.action));
        self.line(&format!("  {}", step.images.join(" ")));
    }

    fn line(&self, text: &str) {
        // What cannot be said stops no training: `metrics.jsonl` has it, too.
        let say = || drop(stdout::say(text));
        match &self.bar {
            Some(bar) => bar.suspend(say),
            None => say(),
        }
    }

    /// The closing table.
    pub(crate) fn finish(
        &self,
        outcome: &Outcome,
        model_dir: &Path,
        peak_bytes: Option<u64>,
        signal: Option<&str>,
    ) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        self.line("");
        if let Some(reason) = reason(outcome.ending, signal) {
            self.line(&reason);
        }
        if outcome.complete && outcome.last.is_none() {
            self.line("This run was complete already; nothing was trained.");
        }
        self.line(&format!("steps            {}", outcome.steps));
        self.line(&format!("time             {}", clock(outcome.elapsed)));
        if let Some(bytes) = peak_bytes {
            self.line(&format!("memory           at most {} MiB", grouped((bytes >> 20) as usize)));
        }
        if let Some(best) = outcome.best {
            let (top1, step) = (100.0 * best.top1, best.step);
            self.line(&format!("best validation  top-1 {top1:.2} % (step {step})"));
        }
        if let Some(validation) = outcome.last.as_ref().and_then(|last| last.validation.as_ref()) {
            self.line(&format!("last validation  {}", evaluation(validation)));
        }
        if let Some(checkpoint) = &outcome.checkpoint {
            self.line(&format!("checkpoint       {}", checkpoint.display()));
        }
        let curves = quoted(&model_dir.display().to_string());
        self.line(&format!("\nCurves:    tensorboard --logdir {curves}"));
    }
}

/// `resnet50` is ResNet-50; other networks have no other name.
fn network(name: &str) -> String {
    let layers = name.strip_prefix("resnet").filter(|rest| rest.parse::<u32>().is_ok());
    layers.map_or_else(|| name.to_owned(), |layers| format!("ResNet-{layers}"))
}

/// Why a run ended before its last epoch, where that is not what `--max-steps` says.
fn reason(ending: Ending, signal: Option<&str>) -> Option<String> {
    match ending {
        Ending::Requested => {
            let signal = signal.unwrap_or("a request");
            Some(format!("Stopped by {signal}; saved, the same command goes on."))
        }
        Ending::Threshold => Some("The metric has reached --stop-threshold.".to_owned()),
        Ending::NoProgress => {
            Some("The metric has not improved for --patience evaluations.".to_owned())
        }
        Ending::Complete | Ending::StepLimit => None,
    }
}

impl Sink for Progress {
    fn record(&mut self, event: &RunEvent<'_>) -> Result<(), SinkError> {
        match event {
            RunEvent::Started(start) => self.start(start),
            RunEvent::Step(report) => self.step(report),
            RunEvent::Epoch(report) => self.epoch(report),
            RunEvent::InitialWeights(weights) => self.initial_weights(weights),
            RunEvent::Damaged(damaged) => self.damaged(damaged),
            RunEvent::NonFinite(step) => self.non_finite(step),
            _ => {}
        }
        Ok(())
    }
}

/// An evaluation in a few words.
pub(crate) fn evaluation(evaluation: &Evaluation) -> String {
    let averages = &evaluation.averages;
    format!(
        "loss {:.3}, top-1 {:.2} %, top-5 {:.2} % of {} images",
        averages.cross_entropy,
        100.0 * averages.top1,
        100.0 * averages.top5,
        grouped(evaluation.images)
    )
}

/// What to type next after a run with the flags `given`: the same command, to go on, or with `--fresh`,
/// to start a complete run over. A limit of steps that was reached is left out.
pub(crate) fn next_command(given: &[String], complete: bool, ending: Ending) -> String {
    let is_at_limit = ending == Ending::StepLimit;
    let mut flags = Vec::new();
    let mut given = given.iter();
    while let Some(flag) = given.next() {
        match flag.as_str() {
            "--fresh" => {}
            "--max-steps" if is_at_limit => drop(given.next()),
            _ if is_at_limit && flag.starts_with("--max-steps=") => {}
            _ => flags.push(quoted(flag)),
        }
    }
    if complete {
        flags.push("--fresh".to_owned());
    }
    let next = if complete { "Start over" } else { "Go on" };
    let separator = if flags.is_empty() { "" } else { " -- " };
    format!("{next}: {}{separator}{}", cargo_run("train_imagenet"), flags.join(" "))
}

/// `75 s` as `1 min 15 s`.
fn clock(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds:02} s"),
        (hours, minutes, _) => format!("{hours} h {minutes:02} min"),
    }
}
