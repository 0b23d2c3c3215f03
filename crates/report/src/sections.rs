//! The usual sections, from what `resnet-metrics` computes and a run knows.

mod cards;
mod curves;
mod environment;
mod judgement;
mod training;

pub use cards::{DataCard, LeakageCheck, ModelCard, SplitCard};
pub use curves::{pr_chart, reliability_chart, roc_chart};
pub use environment::machine;
pub use judgement::{confusion, measure_tile, measures, measures_table, per_class, subgroups};
pub use training::{TrainingCurves, recipe};

use crate::block::{Block, Section, Tile};

/// The numbers that matter most, beneath a sentence about what they are of.
pub fn headline(what: impl Into<String>, tiles: impl IntoIterator<Item = Tile>) -> Section {
    let tiles = tiles.into_iter().collect();
    Section::new("Result").with(Block::Text(what.into())).with(Block::Tiles(tiles))
}
