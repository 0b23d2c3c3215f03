//! What a person, or a program, sees while the shards are made.

use std::io::{IsTerminal, stderr};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use resnet_data::Dataset;
use resnet_data::prepare::{DatasetReport, Event, PrepareError, PreparedSplit};
use serde_json::{Value, json};

use crate::command::{cargo_run, quoted};
use crate::stdout::say;

/// Between two lines where there is no terminal.
const INTERVAL: Duration = Duration::from_secs(10);

const IMAGES: &str = "{bar:30} {pos}/{len} images  {per_sec}  {eta} left";

/// A bar on a terminal, a line now and then elsewhere, or JSON lines.
pub(crate) struct Progress {
    json: bool,
    bar: ProgressBar,
    /// Without a terminal: when the last line was written.
    last: Option<Mutex<Instant>>,
}

impl Progress {
    pub(crate) fn new(json: bool) -> Self {
        let terminal = stderr().is_terminal() && !json;
        let bar = if terminal { ProgressBar::no_length() } else { ProgressBar::hidden() };
        Self { json, bar, last: (!terminal && !json).then(|| Mutex::new(Instant::now())) }
    }

    pub(crate) fn event(&self, event: &Event<'_>) -> ControlFlow<()> {
        match event {
            Event::Image => self.image(),
            Event::Md5 { path, bytes } => self.md5(path, *bytes),
            Event::Found { layout } => {
                let layout = json!(layout);
                let text = format!("Layout: {}.", layout.as_str().unwrap_or("?"));
                self.say(&text, &json!({ "event": "found", "layout": layout }));
            }
            Event::Listed { classes, train, validation, ignored } => {
                self.bar.set_style(style(IMAGES));
                self.bar.set_length((train + validation) as u64);
                self.listed(*classes, *train, *validation, ignored);
            }
            Event::Kept { shards, of, images } => {
                self.bar.set_position(*images as u64);
                self.bar.reset_eta();
                if *shards > 0 {
                    let text = format!("Continuing: {shards} of {of} shards are there.");
                    self.say(&text, &json!({ "event": "kept", "shards": shards, "of": of }));
                }
            }
            Event::Skipped { image, place } => self.say(
                &format!("left out: {place}: {}", image.reason),
                &json!({ "event": "skipped", "place": place, "reason": image.reason }),
            ),
            Event::Shard(shard) if self.json => {
                self.say(
                    "",
                    &json!({ "event": "shard", "name": shard.name, "sha256": shard.sha256 }),
                );
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn image(&self) {
        self.bar.inc(1);
        let Some(Ok(mut last)) = self.last.as_ref().map(Mutex::try_lock) else { return };
        if last.elapsed() >= INTERVAL {
            *last = Instant::now();
            let (done, all) = (self.bar.position(), self.bar.length().unwrap_or(0));
            let speed = self.bar.per_sec();
            drop(say(&format!("{done}/{all} images  {speed:.0} images/s")));
        }
    }

    /// A bar over the bytes of an archive, which takes minutes.
    fn md5(&self, path: &Path, bytes: u64) {
        if self.bar.length().is_none_or(|length| length == self.bar.position()) {
            self.bar.set_style(style("{bar:30} {bytes}/{total_bytes}  {eta} left  MD5 sum"));
            self.bar.set_length(path.metadata().map_or(0, |file| file.len()));
            self.bar.set_position(0);
            let text = format!("Checking the MD5 sum of {}.", path.display());
            self.say(&text, &json!({ "event": "md5", "path": path }));
        }
        self.bar.inc(bytes);
    }

    fn listed(&self, classes: usize, train: usize, validation: usize, ignored: &[String]) {
        let event = json!({
            "event": "listed",
            "classes": classes,
            "train": train,
            "validation": validation,
            "ignored": ignored.len(),
        });
        let text =
            format!("{classes} classes, {train} training images, {validation} validation images.");
        self.say(&text, &event);
        if let (Some(first), false) = (ignored.first(), self.json) {
            let text = format!(
                "Left out, as their names are of neither JPEG nor PNG images: {} files, first {first}.",
                ignored.len()
            );
            self.say(&text, &Value::Null);
        }
    }

    pub(crate) fn finish(&self, report: &DatasetReport, out: &Path) {
        self.bar.finish_and_clear();
        let event = json!({ "event": "finished", "dataset": out.join("dataset.json") });
        let text = [
            split("training", &report.train),
            split("validation", &report.validation),
            format!("Train: {}", command_that_trains(report, out)),
        ];
        self.say(&text.join("\n"), &event);
    }

    /// Puts the bar away; with `--json`, the error is an event, too.
    pub(crate) fn fail(&self, error: &PrepareError) {
        self.bar.abandon();
        if self.json {
            let event = json!({ "event": "failed", "error": error.to_string() });
            drop(say(&event.to_string()));
        }
    }

    fn say(&self, text: &str, event: &Value) {
        // What cannot be said stops no work: what was made is in `dataset.json`.
        match self.json {
            true => drop(say(&event.to_string())),
            false => self.bar.suspend(|| drop(say(text))),
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is valid")
}

/// How to train on what was made, with the flags that say what is not as in ImageNet.
fn command_that_trains(report: &DatasetReport, out: &Path) -> String {
    let shown = quoted(&out.display().to_string());
    let mut command = format!("{} -- --data-dir {shown}", cargo_run("train_imagenet"));
    let names = Dataset::class_names(out).ok().flatten();
    if let Some(classes) = names.map(|names| names.len()).filter(|&classes| classes != 1000) {
        command += &format!(" --num-classes {classes}");
    }
    if report.plan.label_offset != 1 {
        command += &format!(" --label-offset {}", report.plan.label_offset);
    }
    command
}

fn split(name: &str, report: &PreparedSplit) -> String {
    let mut text = format!(
        "{name}: {} images in {} shards, {:.1} MB; {} re-encoded, {} made smaller, {} left out",
        report.images,
        report.shards.len(),
        report.bytes as f64 / 1e6,
        report.reencoded.len(),
        report.made_smaller,
        report.skipped.len(),
    );
    if let (Some(mean), Some(std)) = (report.mean, report.std) {
        text += &format!("; mean {mean:.3?}, deviation {std:.3?}");
    }
    text
}
