//! What is put into a split as a whole: a group of images, or one image without a group.

use std::cmp::Reverse;
use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::Item;

pub(super) struct Unit {
    /// Places of its images among the items.
    pub(super) items: Vec<usize>,
    /// Its classes, as places in [`Units::labels`], and how many images of each.
    pub(super) classes: Vec<(usize, u64)>,
}

pub(super) struct Units {
    /// In the order in which they are dealt out.
    pub(super) all: Vec<Unit>,
    /// The different labels, sorted.
    pub(super) labels: Vec<u32>,
}

impl Unit {
    pub(super) fn len(&self) -> u64 {
        self.items.len() as u64
    }
}

impl Units {
    pub(super) fn of(items: &[Item<'_>], seed: u64) -> Self {
        let mut labels: Vec<u32> = items.iter().map(|item| item.label).collect();
        labels.sort_unstable();
        labels.dedup();
        let mut members: HashMap<Name<'_>, Vec<usize>> = HashMap::new();
        for (number, item) in items.iter().enumerate() {
            members.entry(Name::of(item)).or_default().push(number);
        }
        let mut members: Vec<_> = members.into_iter().collect();
        members.sort_by_cached_key(|(name, items)| (Reverse(items.len()), name.draw(seed), *name));
        let unit = |(_, members): (_, Vec<usize>)| Unit {
            classes: classes(&members, items, &labels),
            items: members,
        };
        Self { all: members.into_iter().map(unit).collect(), labels }
    }

    /// The places of the units with images of a class.
    pub(super) fn with_class(&self, class: usize) -> impl Iterator<Item = usize> {
        let has = move |unit: &Unit| unit.classes.iter().any(|&(of_unit, _)| of_unit == class);
        (0..self.all.len()).filter(move |&unit| has(&self.all[unit]))
    }
}

/// What a unit is called: a group and an image may have the same name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Name<'a> {
    Image(&'a str),
    Group(&'a str),
}

impl<'a> Name<'a> {
    fn of(item: &Item<'a>) -> Self {
        item.group.map_or(Self::Image(item.name), Self::Group)
    }

    /// A number that only the seed and the name decide.
    fn draw(self, seed: u64) -> [u8; 32] {
        let (kind, name) = match self {
            Self::Image(name) => (b'i', name),
            Self::Group(name) => (b'g', name),
        };
        let hash = Sha256::new().chain_update(seed.to_le_bytes()).chain_update([kind]);
        hash.chain_update(name).finalize().into()
    }
}

fn classes(members: &[usize], items: &[Item<'_>], labels: &[u32]) -> Vec<(usize, u64)> {
    let mut of_unit: Vec<u32> = members.iter().map(|&item| items[item].label).collect();
    of_unit.sort_unstable();
    let class = |label: u32| labels.partition_point(|&known| known < label);
    of_unit.chunk_by(|a, b| a == b).map(|same| (class(same[0]), same.len() as u64)).collect()
}
