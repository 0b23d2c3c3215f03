//! `report.html`: what a run did and how good its network is, in one file for people.
//!
//! [`run_report`] tells a run from what lies in its folder, so that a run that was continued is told
//! from its beginning, and any earlier run can be. [`Judged`] adds what the network says about images:
//! confusion, classes, pictures. [`evaluation_report`] tells a whole evaluation. A program adds
//! sections of its own to the [`Report`].

mod answers;
mod evaluation;
mod history;
mod judged;
mod pictures;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::tensor::Device;
use resnet_data::Source;
use resnet_recipe::Recipe;
use resnet_report::sections::TrainingCurves;
use resnet_report::{Block, Report, Section, Tile, grouped, sections};

use crate::TrainError;
use crate::folder::ModelFolder;
use crate::predict::{Predictor, Trained};
pub use answers::{Answer, Answers};
pub use evaluation::evaluation_report;
use history::History;
pub use judged::Judged;
pub use pictures::{Shown, figures};

/// Writes `report.html` into the folder of a run and returns its path. With the images that the run was
/// judged by, its best network is asked about each of them once more, for confusion, classes and
/// pictures.
///
/// # Errors
/// If the folder holds no run, or its files or the images cannot be read, or the report not be written.
pub fn write_run_report(
    model_dir: &Path,
    validation: Option<&Arc<dyn Source>>,
    workers: usize,
    device: &Device,
) -> Result<PathBuf, TrainError> {
    let judge = |source: &Arc<dyn Source>| -> Result<Judged, TrainError> {
        let trained = Trained::from_run(model_dir, device)?;
        let batch_size = trained.recipe.train.batch_size;
        let network = Predictor::new(trained).with_workers(workers).with_batch_size(batch_size);
        Judged::of(network.into(), Arc::clone(source), None)
    };
    let judged = validation.map(judge).transpose()?;
    let path = ModelFolder::at(model_dir).report();
    run_report(model_dir, judged.as_ref())?.write(&path)?;
    Ok(path)
}

/// The report of the run in `model_dir`; with what a network said about images, if that is given.
///
/// # Errors
/// If the folder holds no run, or its files or the pictures cannot be read.
pub fn run_report(model_dir: &Path, judged: Option<&Judged>) -> Result<Report, TrainError> {
    let folder = ModelFolder::at(model_dir);
    let unreadable = |source| TrainError::RunFile { path: folder.config(), source };
    let toml = fs::read_to_string(folder.config()).map_err(unreadable)?;
    let recipe = Recipe::from_toml(&toml)?;
    let history = History::read(&folder.metrics())?;
    let name = model_dir.file_name().map_or_else(String::new, |name| name.to_string_lossy().into());
    let mut report = Report::new(format!("{name}: {}", recipe.model.name))
        .with_subtitle(history.in_words(recipe.train.epochs));
    report.push(headline(&history, judged));
    report.push(history.curves().section());
    if let Some(judged) = judged {
        judged.sections()?.into_iter().for_each(|section| report.push(section));
    }
    report.push(sections::recipe(toml));
    report.push(environment(&history));
    Ok(report)
}

/// The curves of the run in `model_dir` from its beginning, however often it was continued.
///
/// # Errors
/// If `metrics.jsonl` cannot be read.
pub fn training_curves(model_dir: &Path) -> Result<TrainingCurves, TrainError> {
    Ok(History::read(&ModelFolder::at(model_dir).metrics())?.curves())
}

fn headline(history: &History, judged: Option<&Judged>) -> Section {
    let accuracy = |name: &str, (epoch, top1): (u64, f64)| {
        Tile::new(name, format!("{:.2} %", 100.0 * top1)).with_note(format!("top-1, epoch {epoch}"))
    };
    let mut tiles = Vec::new();
    tiles.extend(history.best().map(|best| accuracy("Best validation", best)));
    tiles.extend(history.last().map(|last| accuracy("Last validation", last)));
    tiles.extend(judged.map(Judged::tile));
    tiles.push(Tile::new("Optimizer steps", grouped(history.steps())));
    let speed = history.images_per_second().map(|speed| format!("{speed:.0}"));
    tiles.extend(speed.map(|speed| Tile::new("Images per second", speed).with_note("median")));
    sections::headline(history.data_in_words(), tiles)
}

fn environment(history: &History) -> Section {
    let mut facts = history.environment();
    facts.extend(sections::machine());
    Section::new("Environment").with(Block::Facts(facts))
}
