//! A data set cut into splits that have the same mix of classes.
//!
//! [`stratify`] says which image goes where:
//!
//! * Images of one group (a patient, say) stay together, whatever their labels.
//! * Every class is divided as the [`Fractions`] say, as nearly as whole groups allow.
//! * A class is in every split if it has at least as many groups as there are splits. Where groups
//!   hold several classes that may be impossible; [`Stratified::missing`] lists what is missing.
//! * The result is a function of the seed and the names, never of the order of the images.
//!
//! [`write_manifest`] keeps the result as a CSV file that [`Dataset::open`](crate::Dataset::open) reads.
//!
//! ```
//! use resnet_data::stratify::{Item, stratify};
//!
//! let names: Vec<String> = (0..20).map(|n| format!("{n}.jpg")).collect();
//! let item = |(n, name): (u32, _)| Item { name, label: n % 2, group: None };
//! let items: Vec<Item> = (0..).zip(&names).map(|(n, name)| item((n, name.as_str()))).collect();
//! let parts = stratify(&items, &"train=0.8,test=0.2".parse()?, 7);
//! assert_eq!(parts.split_of.iter().filter(|&&split| split == 1).count(), 4);
//! assert!(parts.missing.is_empty());
//! # Ok::<(), resnet_data::stratify::StratifyError>(())
//! ```

mod assign;
mod error;
mod fractions;
mod manifest;
mod repair;
mod units;

pub use error::StratifyError;
pub use fractions::Fractions;
pub use manifest::{Row, write_manifest};

use assign::Shares;
use units::Units;

/// An image that is to be put into a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item<'a> {
    /// Its name, by which alone it is chosen; a path below the data set's folder, not above.
    pub name: &'a str,
    /// Its class.
    pub label: u32,
    /// What it shares with others that must be in the same split.
    pub group: Option<&'a str>,
}

/// Which image goes into which split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stratified {
    /// For each image, in the order of the items, the place of its split among the fractions.
    pub split_of: Vec<usize>,
    /// Classes that are not in every split.
    pub missing: Vec<Missing>,
}

/// A class that a split has no image of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The class.
    pub label: u32,
    /// The place of the split among the fractions.
    pub split: usize,
    /// How many groups the class has (an image without a group counts as one).
    pub groups: usize,
}

/// Puts every item into one of the splits.
///
/// Groups are dealt out one after the other, the largest first and those of one size in an order
/// that depends on the seed, each to the split that then has least of its classes for its share;
/// that is Sainte-Laguë's rule for groups of one image. Then single groups are moved to splits that
/// lack a class.
pub fn stratify(items: &[Item<'_>], fractions: &Fractions, seed: u64) -> Stratified {
    let units = Units::of(items, seed);
    let mut shares = Shares::new(&units, fractions);
    let mut split_of_unit: Vec<usize> = units.all.iter().map(|unit| shares.place(unit)).collect();
    repair::fill_empty_classes(&units, &mut shares, &mut split_of_unit);

    let mut split_of = vec![0; items.len()];
    for (unit, split) in units.all.iter().zip(&split_of_unit) {
        unit.items.iter().for_each(|&item| split_of[item] = *split);
    }
    let missing = shares.missing().map(|(split, class)| Missing {
        label: units.labels[class],
        split,
        groups: units.with_class(class).count(),
    });
    Stratified { split_of, missing: missing.collect() }
}
