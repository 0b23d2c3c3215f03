//! What is wrong with a recipe.

use thiserror::Error;

/// A recipe that cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RecipeError {
    /// The text is not a recipe: a syntax error, an unknown key or a value of the wrong type.
    #[error("the recipe cannot be read: {0}")]
    Parse(#[from] toml::de::Error),
    /// A value makes no sense.
    #[error("{key} = {value}: {reason}")]
    Value {
        /// The key, as `section.key`.
        key: &'static str,
        /// The value, as written.
        value: String,
        /// Why not, and what to write instead.
        reason: &'static str,
    },
}
