//! Who gets the next unit.

use super::fractions::Fractions;
use super::units::{Unit, Units};

/// How much the size of a split counts against the mix of its classes. Less, and many small classes,
/// each rounded alike, make a split too large; more, and late groups go where their class is not
/// wanted.
const WEIGHT_OF_SIZE: f64 = 10.0;

/// Images and units of each class in one split, and how many images it should get.
#[derive(Clone)]
struct Share {
    wanted: Vec<f64>,
    images: Vec<u64>,
    units: Vec<u64>,
    wanted_in_all: f64,
    images_in_all: u64,
}

/// What every split has so far.
pub(super) struct Shares(Vec<Share>);

impl Shares {
    pub(super) fn new(units: &Units, fractions: &Fractions) -> Self {
        let mut of_class = vec![0; units.labels.len()];
        for &(class, images) in units.all.iter().flat_map(|unit| &unit.classes) {
            of_class[class] += images;
        }
        let all: u64 = of_class.iter().sum();
        let share = |fraction: f64| Share {
            wanted: of_class.iter().map(|&images| images as f64 * fraction).collect(),
            images: vec![0; of_class.len()],
            units: vec![0; of_class.len()],
            wanted_in_all: all as f64 * fraction,
            images_in_all: 0,
        };
        Self(fractions.iter().map(|(_, fraction)| share(fraction)).collect())
    }

    /// Puts a unit where it is wanted most.
    pub(super) fn place(&mut self, unit: &Unit) -> usize {
        let cost = |split: &usize| self.0[*split].cost(unit);
        let cheapest = (0..self.0.len()).min_by(|a, b| cost(a).total_cmp(&cost(b)));
        let split = cheapest.unwrap_or_default();
        self.add(unit, split);
        split
    }

    pub(super) fn add(&mut self, unit: &Unit, split: usize) {
        let share = &mut self.0[split];
        share.images_in_all += unit.len();
        for &(class, images) in &unit.classes {
            share.images[class] += images;
            share.units[class] += 1;
        }
    }

    pub(super) fn remove(&mut self, unit: &Unit, split: usize) {
        let share = &mut self.0[split];
        share.images_in_all -= unit.len();
        for &(class, images) in &unit.classes {
            share.images[class] -= images;
            share.units[class] -= 1;
        }
    }

    /// Whether a split keeps every class if a unit leaves it.
    pub(super) fn can_spare(&self, unit: &Unit, split: usize) -> bool {
        unit.classes.iter().all(|&(class, _)| self.0[split].units[class] > 1)
    }

    /// Splits and the classes that they lack.
    pub(super) fn missing(&self) -> impl Iterator<Item = (usize, usize)> {
        self.0.iter().enumerate().flat_map(|(split, share)| {
            let classes = share.units.iter().enumerate();
            classes.filter(|(_, units)| **units == 0).map(move |(class, _)| (split, class))
        })
    }
}

impl Share {
    /// By how much the squared distances from what is wanted grow, each as a part of what is wanted:
    /// for the classes of the unit, and for the split as a whole.
    fn cost(&self, unit: &Unit) -> f64 {
        let growth =
            |added: u64, have: u64, wanted: f64| added as f64 * (2 * have + added) as f64 / wanted;
        let of_class = |&(class, images): &(usize, u64)| {
            growth(images, self.images[class], self.wanted[class])
        };
        let classes: f64 = unit.classes.iter().map(of_class).sum();
        classes + WEIGHT_OF_SIZE * growth(unit.len(), self.images_in_all, self.wanted_in_all)
    }
}
