//! The table, and the files.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use resnet::Predictor;
use resnet::data::Source;
use resnet::data::contact_sheet::{png, sheet};
use resnet::files::replace;
use resnet::finetuning::{Answers, Judgement, predictions_table};
use resnet::metrics::{Subgroup, Summary};
use resnet::report::{grouped, ranged, rounded};
use resnet::training::report::Judged;

/// So many of the worst errors are drawn.
const WORST: usize = 16;

/// Every figure with its interval.
pub(crate) fn table(summary: &Summary) -> String {
    let mut text =
        format!("{} images of {} groups\n", grouped(summary.examples), grouped(summary.groups));
    for measure in &summary.measures {
        let (name, value) = (measure.metric.name(), rounded(measure.value));
        text += &format!("\n{name:<20} {value:>8}  {}", ranged(measure.interval));
    }
    text
}

/// The most telling figures of each subgroup.
pub(crate) fn subgroups(column: &str, subgroups: &[Subgroup]) -> String {
    let part = |Subgroup { name, summary }: &Subgroup| {
        let few = Summary {
            measures: summary.measures.iter().take(4).copied().collect(),
            ..summary.clone()
        };
        format!("\n{column} {name}: {}\n", table(&few))
    };
    subgroups.iter().map(part).collect()
}

/// `predictions.csv`, `figures.json` and `worst.png`.
pub(crate) fn write(
    folder: &Path,
    split: &str,
    judged: &Judged,
    judgement: &Judgement,
) -> Result<()> {
    let place = |name: &str, bytes: &[u8]| place(folder, name, bytes);
    let table = predictions_table(&[(split, judged.answers())], std::slice::from_ref(judgement));
    place("predictions.csv", table.as_bytes())?;
    let mut figures = serde_json::to_value(&judgement.test)?;
    if !judgement.subgroups.is_empty() {
        figures["subgroups"] = serde_json::to_value(&judgement.subgroups)?;
    }
    if let (Some(temperature), Some(calibrated)) = (judgement.temperature, &judgement.calibrated) {
        figures["calibrated"] = serde_json::to_value(calibrated)?;
        figures["temperature"] = temperature.into();
    }
    place("figures.json", serde_json::to_string_pretty(&figures)?.as_bytes())?;
    let worst = judged.worst(WORST);
    if worst.is_empty() {
        return Ok(());
    }
    worst_errors(folder, judged.networks().first(), judged.source(), &worst)
}

/// Names the images that could not be read and are not in any figure.
pub(crate) fn complain(answers: &Answers) {
    for (place, reason) in &answers.unreadable {
        eprintln!("warning: {place} is left out: {reason}");
    }
}

/// Writes a file into the folder, whole or not at all.
pub(crate) fn place(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let path = folder.join(name);
    replace(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// `worst.png`, with a row for each of these images: what the network saw, and the same under the heat map of
/// what spoke for the class beside it.
pub(crate) fn worst_errors(
    folder: &Path,
    network: &Predictor,
    images: &Arc<dyn Source>,
    worst: &[(usize, usize)],
) -> Result<()> {
    let mut rows = Vec::with_capacity(worst.len());
    for &(image, class) in worst {
        let explained = network.explain(images, image, Some(class))?;
        let overlay = explained.overlay();
        rows.push(vec![explained.image, overlay]);
    }
    place(folder, "worst.png", &png(&sheet(&rows))?)
}
