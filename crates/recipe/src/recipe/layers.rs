//! The network by its number of layers, as TensorFlow's flag `--resnet_size` names it.

use serde::de::Error;
use toml::{Table, Value};

use super::RecipeError;

const KEY: &str = "model.resnet_size";

/// Makes `model.name = "resnet50"` of `model.resnet_size = 50`.
pub(super) fn rename(recipe: &mut Table) -> Result<(), RecipeError> {
    let Some(model) = recipe.get_mut("model").and_then(Value::as_table_mut) else { return Ok(()) };
    let Some(size) = model.remove("resnet_size") else { return Ok(()) };
    let layers = size.as_integer().ok_or_else(|| {
        RecipeError::custom(format!("this is {size}, and has to be a whole number")).at(KEY)
    })?;
    let name = Value::String(format!("resnet{layers}"));
    match model.insert("name".to_owned(), name.clone()) {
        Some(other) if other != name => Err(RecipeError::Value {
            key: KEY,
            value: layers.to_string(),
            reason: "model.name says another network: leave one of the two out",
        }),
        _ => Ok(()),
    }
}

/// Takes the name away that an override of the number of layers takes the place of.
pub(super) fn make_way(recipe: &mut Table, path: &[&str]) {
    if path.join(".") == KEY
        && let Some(model) = recipe.get_mut("model").and_then(Value::as_table_mut)
    {
        model.remove("name");
    }
}
