//! What is wrong with a data set, in sentences.

use std::fmt;

use super::report::{Bad, Duplicate, Place, Report, SharedGroup, SplitReport};

/// Something in a [`Report`] that spoils training or its evaluation. Displayed, it is a sentence that
/// names a place and the remedy.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Problem {
    /// Images that cannot be read or do not decode.
    BadImages {
        /// How many.
        count: usize,
        /// The first.
        first: Bad,
    },
    /// The same pixels in two splits.
    DuplicatesAcrossSplits {
        /// How many different pictures.
        count: usize,
        /// The first, with an image of another split.
        first: [Place; 2],
    },
    /// The same pixels under two labels.
    ContradictingLabels {
        /// How many different pictures.
        count: usize,
        /// The first, with an image of another label.
        first: [Place; 2],
    },
    /// Groups with images in two splits.
    GroupsInSeveralSplits {
        /// How many.
        count: usize,
        /// The first.
        first: SharedGroup,
    },
    /// Nothing to tell apart.
    OneClass {
        /// The split whose images are all of one class.
        split: String,
        /// That class.
        class: String,
    },
    /// Classes without an image in a split.
    EmptyClasses {
        /// The split.
        split: String,
        /// Names of the classes.
        classes: Vec<String>,
    },
    /// Classes with a single image in a split.
    LoneImages {
        /// The split.
        split: String,
        /// Names of the classes.
        classes: Vec<String>,
    },
    /// Grey images beside images in colour: colour could tell classes by how they were scanned.
    GreyAndColour {
        /// The split.
        split: String,
        /// Images without colour.
        grey: u64,
        /// All images that decode.
        images: u64,
    },
}

impl Report {
    /// What is wrong, the worst first; empty if nothing was found.
    pub fn problems(&self) -> Vec<Problem> {
        let of_all = [self.bad_images(), self.contradictions(), self.leaks(), self.shared()];
        let of_splits = self.splits.iter().filter(|split| split.good() > 0);
        let of_splits = of_splits.flat_map(|split| {
            [self.classes_of(split), self.lone_images(split), grey_and_colour(split)]
        });
        of_all.into_iter().chain(of_splits).flatten().collect()
    }

    fn bad_images(&self) -> Option<Problem> {
        let first = self.bad().next()?.clone();
        Some(Problem::BadImages { count: self.bad().count(), first })
    }

    fn contradictions(&self) -> Option<Problem> {
        let (count, first) = self.pairs(|set| set.contradicting, |a, b| a.label != b.label)?;
        Some(Problem::ContradictingLabels { count, first })
    }

    fn leaks(&self) -> Option<Problem> {
        let (count, first) = self.pairs(|set| set.across_splits, |a, b| a.split != b.split)?;
        Some(Problem::DuplicatesAcrossSplits { count, first })
    }

    /// How many sets of duplicates are `wanted`, and the first image of the first of them with one
    /// that is `different`.
    fn pairs(
        &self,
        wanted: fn(&Duplicate) -> bool,
        different: fn(&Place, &Place) -> bool,
    ) -> Option<(usize, [Place; 2])> {
        let sets: Vec<_> = self.duplicates.iter().filter(|set| wanted(set)).collect();
        let images = &sets.first()?.images;
        let first = images.first()?;
        let other = images.iter().find(|image| different(first, image))?;
        Some((sets.len(), [first.clone(), other.clone()]))
    }

    fn shared(&self) -> Option<Problem> {
        let first = self.shared_groups.first()?.clone();
        Some(Problem::GroupsInSeveralSplits { count: self.shared_groups.len(), first })
    }

    fn classes_of(&self, split: &SplitReport) -> Option<Problem> {
        let name = split.name.clone();
        let used = self.labels(split, |images| images > 0);
        if let [class] = &used[..] {
            return Some(Problem::OneClass { split: name, class: class.clone() });
        }
        let classes = self.labels(split, |images| images == 0);
        (!classes.is_empty()).then_some(Problem::EmptyClasses { split: name, classes })
    }

    fn lone_images(&self, split: &SplitReport) -> Option<Problem> {
        let classes = self.labels(split, |images| images == 1);
        let split = split.name.clone();
        (!classes.is_empty()).then_some(Problem::LoneImages { split, classes })
    }

    /// The names of those classes whose number of images is `wanted`.
    fn labels(&self, split: &SplitReport, wanted: fn(u64) -> bool) -> Vec<String> {
        let classes = split.images_per_class.iter().enumerate();
        classes.filter(|(_, images)| wanted(**images)).map(|(c, _)| self.class_name(c)).collect()
    }
}

fn grey_and_colour(split: &SplitReport) -> Option<Problem> {
    let (grey, images) = (split.grey, split.good());
    let mixed = 0 < grey && grey < images;
    mixed.then(|| Problem::GreyAndColour { split: split.name.clone(), grey, images })
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadImages { count, first: Bad { image, reason } } => write!(
                f,
                "{} cannot be used, the first is {}: {reason}. Replace or remove such images",
                counted(*count, "image"),
                image.place
            ),
            Self::DuplicatesAcrossSplits { count, first: [one, other] } => write!(
                f,
                "{} in more than one split, the first is {} ({}) and {} ({}): accuracy there would \
                 be too good. Remove one copy of each, or split anew",
                counted(*count, "picture"),
                one.place,
                one.split,
                other.place,
                other.split
            ),
            Self::ContradictingLabels { count, first: [one, other] } => write!(
                f,
                "{} with two labels, the first is {} and {}: at least one label is wrong. Correct it",
                counted(*count, "picture"),
                one.place,
                other.place
            ),
            Self::GroupsInSeveralSplits { count, first: SharedGroup { group, images } } => write!(
                f,
                "{} in more than one split, the first is {group:?} in {}: accuracy there would be \
                 too good. Split anew",
                counted(*count, "group"),
                images.keys().cloned().collect::<Vec<_>>().join(" and ")
            ),
            Self::OneClass { split, class } => write!(
                f,
                "{split}: all images are of the class {class}. Add images of another class"
            ),
            Self::EmptyClasses { split, classes } => {
                write!(f, "{split}: no image of {}. Add some, or remove the class", list(classes))
            }
            Self::LoneImages { split, classes } => {
                write!(f, "{split}: a single image of {}. Add more", list(classes))
            }
            Self::GreyAndColour { split, grey, images } => write!(
                f,
                "{split}: {grey} of {images} images are grey. See that colour does not tell the class"
            ),
        }
    }
}

fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

/// The first names, and how many more there are.
fn list(classes: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = classes[..classes.len().min(SHOWN)].join(", ");
    match classes.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more classes"),
    }
}
