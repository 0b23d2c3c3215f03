//! The table, and the files.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use resnet::data::AnyImage;
use resnet::data::contact_sheet::{ContactSheet, png};
use resnet::metrics::Summary;
use resnet::report::{grouped, rounded};
use resnet::training::report::Judged;
use resnet::training::transforms::validation_transform;

/// So many of the worst errors are drawn.
const WORST: usize = 16;

/// Every figure with its interval.
pub(crate) fn table(summary: &Summary) -> String {
    let mut text =
        format!("{} images of {} groups\n", grouped(summary.examples), grouped(summary.groups));
    for measure in &summary.measures {
        let (name, value) = (measure.metric.name(), rounded(measure.value));
        let interval = measure.interval.map_or_else(String::new, |interval| {
            format!("{} to {}", rounded(Some(interval.low)), rounded(Some(interval.high)))
        });
        text += &format!("\n{name:<20} {value:>8}  {interval}");
    }
    text
}

/// `predictions.csv`, `figures.json` and `worst.png`.
pub(crate) fn write(folder: &Path, judged: &Judged, summary: &Summary) -> Result<()> {
    let place = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
    };
    place("predictions.csv", csv(judged).as_bytes())?;
    place("figures.json", serde_json::to_string_pretty(summary)?.as_bytes())?;
    let worst = judged.worst(WORST);
    if worst.is_empty() {
        return Ok(());
    }
    let transform = validation_transform(judged.recipe());
    let sheet = ContactSheet { transform: &transform, seed: 0, versions: 1 };
    place("worst.png", &png(&sheet.draw(&**judged.source(), &worst, &AnyImage::default())?)?)
}

/// A row for each image: where it lies, its group, its class, the answer, every probability.
fn csv(judged: &Judged) -> String {
    let (predictions, classes) = (judged.predictions(), judged.classes());
    let head = ["image", "group", "class", "answer"].map(str::to_owned).into_iter();
    let mut text = line(head.chain(classes.iter().cloned()));
    let answers = predictions.answers();
    for (example, &image) in judged.images().iter().enumerate() {
        let source = judged.source();
        let words = [
            source.place(image),
            source.group(image).unwrap_or_default().to_owned(),
            classes[predictions.truth()[example]].clone(),
            classes[answers[example]].clone(),
        ];
        let probabilities = predictions.row(example).iter().map(f64::to_string);
        text += &line(words.into_iter().chain(probabilities));
    }
    text
}

fn line(fields: impl Iterator<Item = String>) -> String {
    fields.map(|field| quoted(&field)).collect::<Vec<_>>().join(",") + "\n"
}

/// A field as RFC 4180 writes it.
fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}
