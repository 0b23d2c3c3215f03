//! A recipe that a person names by its file.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use resnet::Recipe;

/// Reads a recipe; of what is none the error says what to name instead.
pub(crate) fn read(path: &Path) -> Result<Recipe> {
    let shown = path.display();
    let inside = path.join("config.toml");
    ensure!(
        !path.is_dir(),
        "{shown} is a folder: name a TOML file as the recipe, such as {}",
        inside.display()
    );
    let bytes = fs::read(path).with_context(|| format!("cannot read {shown}"))?;
    let text = String::from_utf8(bytes).ok().with_context(|| {
        let beside = path.with_file_name("config.toml");
        format!("{shown} is no text: name a TOML file as the recipe, such as {}", beside.display())
    })?;
    Recipe::from_toml(&text).with_context(|| format!("{shown} is not a recipe"))
}
