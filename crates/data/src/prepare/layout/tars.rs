//! Images in the archives that ImageNet distributes.

use std::path::Path;
use std::sync::Arc;

use super::labels::ValidationLabels;
use super::{Class, is_image, missing};
use crate::archive::{Archive, Member};
use crate::prepare::error::PrepareError;
use crate::prepare::listing::{Container, Item, Listing};

/// A tar file of a tar file for each class.
pub(super) const TRAIN: &str = "ILSVRC2012_img_train.tar";
/// A tar file of images.
pub(super) const VAL: &str = "ILSVRC2012_img_val.tar";

/// As published on ImageNet's download page, and in torchvision's `ImageNet` data set.
pub(crate) const PUBLISHED_TRAIN_MD5: &str = "1d675b47d978889d74fa0da5fadfb00e";
/// See [`PUBLISHED_TRAIN_MD5`].
pub(crate) const PUBLISHED_VAL_MD5: &str = "29b22e2961454d5413ddabcf34fc5622";

/// The images of the training archive, and the classes. Only headers are read.
pub(super) fn train(
    path: &Path,
    ignored: &mut Vec<String>,
) -> Result<(Listing, Vec<String>), PrepareError> {
    let archive = Arc::new(Archive::open(path)?);
    let (mut listing, mut classes) = (Listing::default(), Vec::new());
    for inner in archive.members()? {
        let Some(id) = file_name(&inner.name).strip_suffix(".tar") else {
            ignored.push(format!("{}, member {}", path.display(), inner.name));
            continue;
        };
        let class = u32::try_from(classes.len()).unwrap_or(u32::MAX);
        let members = images(&archive, archive.members_within(&inner)?, ignored);
        let container = Container::Archive(Arc::clone(&archive), Some(inner.name.clone()));
        listing.add(container, members.into_iter().map(|member| item(&member, class)))?;
        classes.push(id.to_owned());
    }
    if classes.is_empty() {
        return Err(missing(
            path,
            "a tar file for each class",
            "This is not ImageNet's training archive: download it again",
        ));
    }
    Ok((listing, classes))
}

/// The images of the validation archive, labelled by a list.
pub(super) fn validation(
    path: &Path,
    labels: &ValidationLabels,
    classes: &[Class],
    ignored: &mut Vec<String>,
) -> Result<Listing, PrepareError> {
    let archive = Arc::new(Archive::open(path)?);
    let members = images(&archive, archive.members()?, ignored);
    let names: Vec<String> = members.iter().map(|m| file_name(&m.name).to_owned()).collect();
    let classes = labels.of(&names, classes)?;
    let mut listing = Listing::default();
    let items = std::iter::zip(&members, classes).map(|(member, class)| item(member, class));
    listing.add(Container::Archive(archive, None), items.collect::<Vec<_>>())?;
    Ok(listing)
}

/// Those members that are images.
fn images(archive: &Archive, members: Vec<Member>, ignored: &mut Vec<String>) -> Vec<Member> {
    let (images, others): (Vec<_>, Vec<_>) =
        members.into_iter().partition(|member| is_image(&member.name));
    let place = |member: Member| format!("{}, member {}", archive.path().display(), member.name);
    ignored.extend(others.into_iter().map(place));
    images
}

fn item(member: &Member, class: u32) -> Item {
    let name = file_name(&member.name).to_owned();
    Item { name, class, offset: member.offset, len: member.len }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
