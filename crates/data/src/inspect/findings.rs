//! What is wrong with a data set, one by one, so that all of it can be mended before training.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::report::{Bad, Duplicate, Place, Report, SharedGroup, SplitReport};
use crate::pixels::{Channels, Depth};
use crate::split_name;

/// One thing that is wrong, where, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What sort of thing.
    pub kind: FindingKind,
    /// Whether training on it makes sense.
    pub severity: Severity,
    /// The file, line, record, group or split.
    pub place: String,
    /// What is wrong there.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

/// Whether training makes sense before something is mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// It does not: training would fail, or its result would be wrong.
    Error,
    /// It may; whoever trains should know.
    Warning,
}

/// What sort of thing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FindingKind {
    /// A line of a manifest that cannot be used (no label, a file that is listed twice), a class folder without an
    /// image, or files in it that may be meant for images and are not read.
    Listing,
    /// An image that is missing, cannot be read or does not decode.
    Image,
    /// The same pixels under two labels.
    ContradictingLabels,
    /// A group in two splits.
    SharedGroup,
    /// The same pixels in two splits.
    SharedPicture,
    /// All images of a split are of one class.
    OneClass,
    /// A class or label with a single image.
    LoneImage,
    /// A class or label without an image.
    EmptyClass,
    /// A label that every image has, or every image but one.
    OneSidedLabel,
    /// Images with colour among grey ones, or grey ones among images with colour.
    MixedColour,
    /// Images of 16 bits among images of 8, or files in grey among files in colour without colour.
    MixedStorage,
}

impl FindingKind {
    /// Whether it is about how many images a class has.
    pub(super) fn is_about_classes(self) -> bool {
        matches!(self, Self::OneClass | Self::LoneImage | Self::EmptyClass)
    }
}

impl Report {
    /// Everything that is wrong, one by one: listings, images, labels, leaks between splits, classes,
    /// colour, storage. Classes are classes here, also where they are sets of labels:
    /// [`check_for_training`](super::check_for_training) knows of labels.
    pub fn findings(&self) -> Vec<Finding> {
        let listing = self.left_out.iter().map(|left_out| {
            // What is wrong, a colon, and what to do.
            let whole = (left_out.problem.as_str(), "correct it, or take it out");
            let (problem, remedy) = left_out.problem.rsplit_once(": ").unwrap_or(whole);
            let (place, problem) = (left_out.place.clone(), problem.to_owned());
            error(FindingKind::Listing, place, problem, &capitalised(remedy))
        });
        let images = self.bad().map(bad_image);
        let labels = self.duplicates.iter().filter(|set| set.contradicting);
        let labels = labels.map(|set| self.contradiction(set));
        let groups = self.shared_groups.iter().map(shared_group);
        let pictures = self.duplicates.iter().filter(|set| set.across_splits).map(shared_picture);
        let splits = self.splits.iter().filter(|split| split.good() > 0);
        let splits = splits.flat_map(|split| self.of_split(split));
        let first = listing.chain(images).chain(labels);
        first.chain(groups).chain(pictures).chain(splits).collect()
    }

    fn contradiction(&self, set: &Duplicate) -> Finding {
        let class = |image: &Place| image.label.map_or("?".into(), |l| self.class_name(l as usize));
        let others = set.images.iter().skip(1);
        let others: Vec<String> =
            others.map(|image| format!("{} ({})", image.place, class(image))).collect();
        let first = &set.images[0];
        let problem =
            format!("labelled {}, and the same picture is in {}", class(first), others.join(", "));
        let remedy = "Correct the wrong label, or remove all copies";
        error(FindingKind::ContradictingLabels, first.place.clone(), problem, remedy)
    }

    fn of_split(&self, split: &SplitReport) -> Vec<Finding> {
        let counts = || split.images_per_class.iter().enumerate();
        let used: Vec<_> = counts().filter(|(_, images)| **images > 0).collect();
        if let [(class, _)] = used[..] {
            let problem = format!("all images are of the class {}", self.class_name(class));
            let remedy = "Add images of another class, or split anew";
            return vec![error(FindingKind::OneClass, split.name.clone(), problem, remedy)];
        }
        let class = |(class, &images): (usize, &u64)| match images {
            0 => Some(empty_class(split, &self.class_name(class))),
            1 => Some(lone_image(split, &self.class_name(class))),
            _ => None,
        };
        let classes = counts().filter_map(class);
        classes.chain(mixed_colour(split)).chain(mixed_storage(split)).collect()
    }
}

fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn bad_image(Bad { image, reason }: &Bad) -> Finding {
    // What could be read has a label.
    let remedy = match image.label {
        Some(_) => "Replace the image, or remove it (`dataset verify --quarantine DIR` does)",
        None => "Put the file back, or take it out of the data set",
    };
    // The place is told anyway.
    let cause = reason.strip_prefix(&format!("cannot read {}: ", image.place));
    let reason = cause.map_or_else(|| reason.clone(), |cause| format!("cannot be read: {cause}"));
    error(FindingKind::Image, image.place.clone(), reason, remedy)
}

fn shared_group(SharedGroup { group, images }: &SharedGroup) -> Finding {
    let splits: Vec<String> =
        images.iter().map(|(split, images)| format!("{split} ({images})")).collect();
    let problem =
        format!("has images in {}: accuracy there would be too good", splits.join(" and "));
    let remedy = "Split anew by group (`dataset split`), or correct the group";
    error(FindingKind::SharedGroup, format!("group {group:?}"), problem, remedy)
}

fn shared_picture(set: &Duplicate) -> Finding {
    let place = |image: &Place| format!("{} ({})", image.place, image.split);
    let others: Vec<String> = set.images.iter().skip(1).map(place).collect();
    let problem =
        format!("the same picture is in {}: accuracy there would be too good", others.join(", "));
    let remedy = "Remove all copies but one";
    warning(FindingKind::SharedPicture, place(&set.images[0]), problem, remedy)
}

fn empty_class(split: &SplitReport, class: &str) -> Finding {
    let problem = format!("no image of {class}");
    let remedy = "Add some, split anew, or remove the class";
    warning(FindingKind::EmptyClass, split.name.clone(), problem, remedy)
}

fn lone_image(split: &SplitReport, class: &str) -> Finding {
    let problem = format!("a single image of {class}");
    let remedy = "Add more, or remove the class";
    // One image can be judged, but neither learned from nor divided.
    let told = if split_name::is_trained_on(&split.name) { error } else { warning };
    told(FindingKind::LoneImage, split.name.clone(), problem, remedy)
}

/// The images of whichever kind there are fewer.
fn mixed_colour(split: &SplitReport) -> Option<Finding> {
    let (grey, images) = (split.grey, split.good());
    let coloured = images - grey;
    if grey == 0 || coloured == 0 {
        return None;
    }
    let (few, kind, others) = if grey <= coloured {
        (grey, "grey", "in colour")
    } else {
        (coloured, "in colour", "grey")
    };
    let named: Vec<&str> = split.odd_colour.iter().map(|image| image.place.as_str()).collect();
    let more = few.saturating_sub(named.len() as u64);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let are = if few == 1 { "is" } else { "are" };
    let problem = format!(
        "{few} of {images} images {are} {kind} among images {others}: {}{more}",
        named.join(", ")
    );
    let remedy = "See that colour does not tell the class, or convert them";
    Some(warning(FindingKind::MixedColour, split.name.clone(), problem, remedy))
}

/// Bits, and channels where colour is not mixed anyway: how an image was stored could tell its class.
fn mixed_storage(split: &SplitReport) -> Vec<Finding> {
    let mixed = |counts: Vec<(&str, u64)>| {
        let counts: Vec<String> =
            counts.iter().map(|(name, images)| format!("{images} {name}")).collect();
        let problem = format!("the images are stored in different ways: {}", counts.join(", "));
        let remedy = "See that this does not tell the class, or convert them";
        warning(FindingKind::MixedStorage, split.name.clone(), problem, remedy)
    };
    let depth = |(depth, images): (&Depth, &u64)| match depth {
        Depth::Eight => ("with 8 bits", *images),
        Depth::Sixteen => ("with 16 bits", *images),
    };
    let channel = |(channels, images): (&Channels, &u64)| match channels {
        Channels::Grey => ("in grey", *images),
        Channels::Rgb => ("in colour", *images),
    };
    let depths = (split.depths.len() > 1).then(|| split.depths.iter().map(depth).collect());
    let plain = split.channels.len() > 1 && [0, split.good()].contains(&split.grey);
    let channels = plain.then(|| split.channels.iter().map(channel).collect());
    depths.into_iter().chain(channels).map(mixed).collect()
}

pub(super) fn error(kind: FindingKind, place: String, problem: String, remedy: &str) -> Finding {
    Finding { kind, severity: Severity::Error, place, problem, remedy: remedy.to_owned() }
}

pub(super) fn warning(kind: FindingKind, place: String, problem: String, remedy: &str) -> Finding {
    Finding { severity: Severity::Warning, ..error(kind, place, problem, remedy) }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}. {}", self.place, self.problem, self.remedy)
    }
}
