//! Pictures of what spoke for a class.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use resnet::data::contact_sheet::png;
use resnet::files::replace;
use resnet::{Ensemble, Prediction};

/// Writes `NUMBER-IMAGE-CLASS.png` for each image with an answer.
pub(crate) fn write(folder: &Path, networks: &Ensemble, predictions: &[Prediction]) -> Result<()> {
    let shown = folder.display();
    fs::create_dir_all(folder).with_context(|| format!("{shown}: cannot make this folder"))?;
    let network = networks.members().next().context("no network")?;
    for (number, prediction) in (1..).zip(predictions) {
        let Some(best) = prediction.top(1).pop() else { continue };
        let explained = network.explain_file(Path::new(&prediction.place), Some(best.class))?;
        let path = target(folder, number, &prediction.place, &networks.classes()[best.class]);
        let shown = path.display();
        ensure!(!path.exists(), "{shown}: there already; name another folder for --grad-cam");
        let file = png(&explained.overlay())?;
        replace(&path, &file).with_context(|| format!("{shown}: cannot write this file"))?;
    }
    eprintln!("Heat maps of what spoke for the most probable class: {shown}");
    Ok(())
}

fn target(folder: &Path, number: usize, image: &str, class: &str) -> PathBuf {
    let stem = Path::new(image).file_stem().unwrap_or_default().to_string_lossy();
    folder.join(format!("{number:04}-{}-{}.png", harmless(&stem), harmless(class)))
}

/// Letters, digits and a few signs: what every file system takes.
fn harmless(name: &str) -> String {
    let sign = |sign: char| if sign.is_alphanumeric() || "._".contains(sign) { sign } else { '-' };
    name.chars().take(60).map(sign).collect()
}
