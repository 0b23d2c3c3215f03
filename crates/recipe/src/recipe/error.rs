//! What is wrong with a recipe.

use std::fmt;

use serde::de::{self, Expected, Unexpected};
use thiserror::Error;
use toml::de::DeTable;

/// A recipe that cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RecipeError {
    /// The text is not TOML.
    #[error("the recipe cannot be read: {0}")]
    Syntax(#[from] toml::de::Error),
    /// There is no such key.
    #[error(
        "{}: unknown key `{}`{}; known: {}",
        Place(key, *line), last(key), suggestion(last(key), known), known.join(", ")
    )]
    UnknownKey {
        /// The key, as `section.key`.
        key: String,
        /// The line of the text, where there is one.
        line: Option<usize>,
        /// The keys that there are.
        known: &'static [&'static str],
    },
    /// There is no such choice.
    #[error(
        "{}: unknown choice `{name}`{}; known: {}",
        Place(key, *line), suggestion(name, known), known.join(", ")
    )]
    UnknownChoice {
        /// The key, as `section.key`.
        key: String,
        /// The line of the text, where there is one.
        line: Option<usize>,
        /// What was chosen.
        name: String,
        /// The choices that there are.
        known: &'static [&'static str],
    },
    /// A key is missing.
    #[error(
        "{key}: this key is missing; `Recipe::to_toml`, or --print-config, shows a complete recipe"
    )]
    Missing {
        /// The key, as `section.key`.
        key: String,
    },
    /// A value of the wrong type.
    #[error("{}: {reason}", Place(key, *line))]
    Type {
        /// The key, as `section.key`.
        key: String,
        /// The line of the text, where there is one.
        line: Option<usize>,
        /// What was found and what was expected.
        reason: String,
    },
    /// A text that changes no key.
    #[error("`{text}` names no key and value: write section.key=value, such as train.epochs=10")]
    Override {
        /// The text.
        text: String,
    },
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

impl RecipeError {
    /// Adds the place, if a deeper one is not known already.
    pub(super) fn at(mut self, path: &str) -> Self {
        match &mut self {
            Self::UnknownKey { key, .. } | Self::Missing { key } if !key.contains('.') => {
                *key = join(path, key);
            }
            Self::UnknownChoice { key, .. } | Self::Type { key, .. } if key.is_empty() => {
                path.clone_into(key);
            }
            _ => {}
        }
        self
    }

    /// Adds the line of `text` that holds the key.
    pub(super) fn in_text(mut self, text: &str) -> Self {
        if let Self::UnknownKey { key, line, .. }
        | Self::UnknownChoice { key, line, .. }
        | Self::Type { key, line, .. } = &mut self
        {
            *line = line_of(text, key);
        }
        self
    }
}

/// How serde tells what does not fit; the place follows by `at`.
impl de::Error for RecipeError {
    fn custom<T: fmt::Display>(reason: T) -> Self {
        Self::Type { key: String::new(), line: None, reason: reason.to_string() }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format!("this is {found}, and has to be {}", in_words(expected)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        Self::UnknownKey { key: name.to_owned(), line: None, known }
    }

    fn unknown_variant(name: &str, known: &'static [&'static str]) -> Self {
        Self::UnknownChoice { key: String::new(), line: None, name: name.to_owned(), known }
    }

    fn missing_field(name: &'static str) -> Self {
        Self::Missing { key: name.to_owned() }
    }
}

/// Rust's names of types, in words.
fn in_words(expected: &dyn Expected) -> String {
    let expected = expected.to_string();
    match expected.as_str() {
        "f32" | "f64" => "a number".to_owned(),
        "u32" | "u64" | "usize" => "a whole number of at least 0".to_owned(),
        text if text.starts_with("struct ") => "a section of keys".to_owned(),
        _ => expected,
    }
}

pub(super) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Where an error is: `line 3, train.epochs`, or the key alone.
struct Place<'a>(&'a str, Option<usize>);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Some(line) => write!(f, "line {line}, {}", self.0),
            None => f.write_str(self.0),
        }
    }
}

/// The line, counted from 1, on which `key` or the innermost of its sections stands.
fn line_of(text: &str, key: &str) -> Option<usize> {
    let document = DeTable::parse(text).ok()?;
    let (mut table, mut offset) = (Some(document.get_ref()), None);
    for part in key.split('.') {
        let Some((name, value)) = table.and_then(|table| table.get_key_value(part)) else { break };
        offset = Some(name.span().start);
        table = value.get_ref().as_table();
    }
    Some(1 + text.get(..offset?)?.matches('\n').count())
}

/// The name at the end of a key.
fn last(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

fn suggestion(name: &str, known: &[&str]) -> String {
    let near = closest(name, known.iter().copied());
    near.map_or_else(String::new, |near| format!(", did you mean `{near}`?"))
}

/// The one of `known` that most resembles `name`, if one does.
pub(crate) fn closest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
