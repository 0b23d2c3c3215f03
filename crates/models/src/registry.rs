//! Networks by name, as torchvision and timm call them.

mod table;

use thiserror::Error;

use crate::ResNetConfig;

/// A named network.
#[derive(Debug, Clone, PartialEq)]
pub struct ZooEntry {
    /// torchvision's name, or timm's for what torchvision lacks.
    pub name: &'static str,
    /// The architecture.
    pub config: ResNetConfig,
    /// Height and width of the images it is meant for, in pixels.
    pub input_size: usize,
    /// How well weights of this architecture do on ImageNet, where someone published it.
    pub published: Option<Published>,
}

/// Accuracy on the ImageNet validation set, as published; nothing here was measured by this crate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Published {
    /// Percent of images whose class is the first choice.
    pub top1: f64,
    /// Percent of images whose class is among the first five choices.
    pub top5: f64,
    /// Height and width of the images at this evaluation, in pixels.
    pub input_size: usize,
    /// The weights' name in the source.
    pub weights: &'static str,
    /// Who says so.
    pub source: &'static str,
}

/// There is no network of this name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there is no network `{name}`; {}", advice(nearest))]
pub struct UnknownName {
    /// The name that was asked for.
    pub name: String,
    /// Names that begin alike.
    pub nearest: Vec<&'static str>,
}

/// Every named network, by family.
///
/// ```
/// let widest = resnet_models::zoo().into_iter().max_by_key(|e| e.config.cost([224, 224]).parameters);
/// assert_eq!(widest.map(|entry| entry.name), Some("resnetrs420"));
/// ```
#[must_use]
pub fn zoo() -> Vec<ZooEntry> {
    table::entries()
}

/// The network `name`.
///
/// ```
/// use resnet_models::by_name;
///
/// # fn main() -> Result<(), resnet_models::UnknownName> {
/// let entry = by_name("seresnet50")?;
/// let config = entry.config.with_num_classes(7);
/// assert_eq!(config.num_classes, 7);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`UnknownName`] with names that are like it.
pub fn by_name(name: &str) -> Result<ZooEntry, UnknownName> {
    let entries = zoo();
    let names: Vec<_> = entries.iter().map(|entry| entry.name).collect();
    entries
        .into_iter()
        .find(|entry| entry.name == name)
        .ok_or_else(|| UnknownName { name: name.to_owned(), nearest: nearest(name, &names) })
}

/// The names that share the longest beginning with `name`, five at most; none if only the family's
/// common beginning agrees.
fn nearest(name: &str, names: &[&'static str]) -> Vec<&'static str> {
    let shared = |other: &str| name.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let best = names.iter().map(|other| shared(other)).max().unwrap_or(0);
    if best < 4 {
        return Vec::new();
    }
    names.iter().copied().filter(|other| shared(other) == best).take(5).collect()
}

fn advice(nearest: &[&str]) -> String {
    match nearest {
        [] => "`zoo()` lists all of them".to_owned(),
        names => format!("did you mean {}?", names.join(", ")),
    }
}
