//! The page that tells what a file of weights is.

use std::fmt::Write as _;
use std::path::Path;

use resnet_models::ResNetConfig;
use resnet_models::weights::Element;
use resnet_recipe::Recipe;

use crate::checkpoint::Best;
use crate::identity::Identity;
use crate::transforms::validation_transform;

/// What a model card tells.
pub(super) struct Card<'a> {
    pub(super) path: &'a Path,
    pub(super) element: Element,
    pub(super) step: u64,
    pub(super) best: Option<Best>,
    pub(super) images: Option<Identity>,
    pub(super) recipe: &'a Recipe,
    pub(super) config: &'a ResNetConfig,
    pub(super) classes: &'a [String],
}

impl Card<'_> {
    /// The page as Markdown.
    pub(super) fn text(&self) -> String {
        let parts = [self.head(), self.input(), self.results(), self.names(), self.use_it()];
        let recipe = format!("## Recipe\n\n```toml\n{}```\n", self.recipe.to_toml());
        parts.into_iter().chain([recipe]).collect::<Vec<_>>().join("\n")
    }

    fn file_name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn head(&self) -> String {
        let name = self.file_name();
        let size = self.recipe.data.validation_side();
        let cost = self.config.cost([size, size]);
        let giga = cost.multiply_adds as f64 / 1e9;
        format!(
            "# {}\n\nWeights of a residual network for {} classes, written by resnet {}.\n\n\
             | | |\n|---|---|\n| file | `{name}`, safetensors, {} |\n| parameters | {} |\n\
             | multiply-adds at {size} px | {giga:.3} G |\n| optimizer steps | {} |\n",
            name.trim_end_matches(".safetensors"),
            self.config.num_classes,
            env!("CARGO_PKG_VERSION"),
            self.element,
            cost.parameters,
            self.step,
        )
    }

    fn input(&self) -> String {
        let data = &self.recipe.data;
        let channels = self.config.in_channels.min(3);
        format!(
            "## Input\n\n{} channels, {size}×{size} pixels, values from 0 to 1. Images are brought to \
             that size by {}. Subtract the mean {:?} and divide by {:?}, channel by channel.\n",
            self.config.in_channels,
            validation_transform(self.recipe),
            &data.mean[..channels],
            &data.std[..channels],
            size = data.validation_side(),
        )
    }

    fn results(&self) -> String {
        let mut text = String::from("## Data and results\n\n");
        let line = match &self.images {
            Some(images) => {
                let [train, validation] = images.counts();
                format!("Trained on {train} images, judged by {validation} others.")
            }
            None => "How many images it was trained on was not recorded.".to_owned(),
        };
        text += &line;
        if let Some(best) = self.best {
            write!(text, " Validation top-1: {:.2} %.", 100.0 * best.top1)
                .expect("memory takes any text");
        }
        text + " These weights were measured on nothing else: measure them on your own images before \
                you rely on them.\n"
    }

    fn names(&self) -> String {
        if self.classes.is_empty() {
            return String::from("## Classes\n\nTheir names were not given.\n");
        }
        let line = |(index, name): (usize, &String)| format!("| {index} | {} |\n", escaped(name));
        let rows: String = self.classes.iter().enumerate().map(line).collect();
        format!("## Classes\n\n| index | name |\n|---|---|\n{rows}")
    }

    fn use_it(&self) -> String {
        format!(
            "## Use\n\n```python\nfrom safetensors.torch import load_file\n\
             model.load_state_dict(load_file(\"{}\"), strict=True)\n```\n",
            self.file_name()
        )
    }
}

/// A name that keeps to its cell of a table.
fn escaped(name: &str) -> String {
    name.replace('\\', "\\\\").replace('|', "\\|").replace(['\n', '\r'], " ")
}
