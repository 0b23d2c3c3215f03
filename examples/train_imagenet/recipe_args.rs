//! Flags about the recipe as a whole; the others change single values.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use resnet::{Recipe, presets};

use crate::recipe_file;

#[derive(Debug, Args)]
pub(crate) struct RecipeArgs {
    /// Start from this complete recipe. [default: tutorial; fashion-mnist-sample]
    #[arg(long, value_name = "NAME", conflicts_with = "recipe_file")]
    preset: Option<String>,

    /// Show the presets and end.
    #[arg(long)]
    pub(crate) list_presets: bool,

    /// Start from the recipe in this TOML file, such as the config.toml of another run.
    #[arg(long = "recipe", value_name = "FILE")]
    recipe_file: Option<PathBuf>,

    /// Change one key of the recipe, such as schedule.decay=cosine; may be given several times, and
    /// has the last word.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,

    /// Show the recipe that would be trained, as TOML, and end.
    #[arg(long)]
    pub(crate) print_config: bool,
}

impl RecipeArgs {
    /// Whether a flag names a recipe to start from.
    pub(crate) fn is_named(&self) -> bool {
        self.recipe_file.is_some() || self.preset.is_some()
    }

    /// The recipe to start from, where a flag names one.
    pub(crate) fn named(&self) -> Result<Option<Recipe>> {
        match (&self.recipe_file, &self.preset) {
            (Some(path), _) => recipe_file::read(path).map(Some),
            (None, Some(name)) => Ok(Some(presets::find(name)?)),
            (None, None) => Ok(None),
        }
    }

    /// `recipe` with the changes of `--set`.
    pub(crate) fn change(&self, recipe: &Recipe) -> Result<Recipe> {
        recipe.with_overrides(&self.set).context("--set")
    }

    /// The preset asked for, if it is not that of the bundled sample.
    pub(crate) fn preset_for_own_images(&self) -> Option<&str> {
        self.preset.as_deref().filter(|name| *name != "fashion-mnist-sample")
    }
}

/// What `--list-presets` shows.
pub(crate) fn list() -> String {
    let line = |preset: presets::Preset| format!("{:22}{}\n", preset.name, preset.summary);
    presets::ALL.map(line).concat()
}
