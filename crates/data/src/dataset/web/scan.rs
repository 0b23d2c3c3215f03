//! What is in a tar file of samples.

use std::io;
use std::path::Path;

use crate::archive::{Archive, Member};
use crate::dataset::classes::MAX_CLASSES;
use crate::dataset::error::DatasetError;
use crate::image_files::check_len;
use crate::image_files::folder::{IMAGE_ENDINGS, has_image_extension};

/// Longest label: the digits of a 64-bit number, and white space.
const MAX_LABEL_BYTES: u64 = 64;

/// The images of a tar file.
#[derive(Debug, Default)]
pub(super) struct TarIndex {
    /// Names of the members, one after another.
    names: String,
    images: Vec<Image>,
}

/// Where an image lies, and its label.
#[derive(Clone, Copy, Debug)]
pub(super) struct Image {
    pub(super) offset: u64,
    pub(super) len: u32,
    pub(super) label: i64,
    /// End of its name; it starts where the one before ends.
    name_end: usize,
}

impl TarIndex {
    pub(super) fn len(&self) -> usize {
        self.images.len()
    }

    pub(super) fn image(&self, number: usize) -> Image {
        self.images[number]
    }

    /// The name of the member.
    pub(super) fn name(&self, number: usize) -> &str {
        let start = number.checked_sub(1).map_or(0, |before| self.images[before].name_end);
        &self.names[start..self.images[number].name_end]
    }

    pub(super) fn largest_label(&self) -> i64 {
        self.images.iter().map(|image| image.label).max().unwrap_or_default()
    }
}

/// Reads the headers and labels of a tar file; the images come in the order of their names.
pub(super) fn scan(path: &Path) -> Result<TarIndex, DatasetError> {
    let archive = Archive::open(path)?;
    let members = archive.members()?;
    let mut index = TarIndex::default();
    // Sorted by name, the files of a sample are neighbours: all start with its key and a dot.
    for sample in members.chunk_by(|a, b| key(&a.name).is_some() && key(&a.name) == key(&b.name)) {
        let (image, label) = parts(path, sample)?;
        if let (Some(image), Some(label)) = (image, label) {
            index.push(path, image, read_label(&archive, label)?)?;
        }
    }
    match index.len() {
        0 => Err(DatasetError::content(path, no_sample(&members))),
        _ => Ok(index),
    }
}

fn no_sample(members: &[Member]) -> String {
    let found = members.first().map_or("no file", |member| member.name.as_str());
    format!(
        "no sample of an image ({IMAGE_ENDINGS}) and a .cls file of the same name; the first member \
         is {found}. ImageNet's own archives are for prepare_imagenet"
    )
}

/// The name without its extension, which starts at the first dot of its last part.
fn key(name: &str) -> Option<&str> {
    let start = name.rfind('/').map_or(0, |slash| slash + 1);
    let dot = name[start..].find('.').filter(|&dot| dot > 0)?;
    Some(&name[..start + dot])
}

fn extension(member: &Member) -> &str {
    let key = key(&member.name).map_or(member.name.len(), str::len);
    &member.name[key..]
}

/// Image and label of a sample: both, or neither in files of another kind.
fn parts<'a>(
    path: &Path,
    sample: &'a [Member],
) -> Result<(Option<&'a Member>, Option<&'a Member>), DatasetError> {
    let is_image = |member: &&Member| {
        let extension = extension(member);
        extension.matches('.').count() == 1 && has_image_extension(extension)
    };
    let mut images = sample.iter().filter(is_image);
    let (image, second) = (images.next(), images.next());
    let label = sample.iter().find(|member| extension(member) == ".cls");
    let problem = match (image, second, label) {
        (Some(image), Some(second), _) => {
            format!("member {} is a second image beside {}", second.name, image.name)
        }
        (Some(image), None, None) => format!("member {} has no .cls file beside it", image.name),
        (None, _, Some(label)) => format!("member {} has no image beside it", label.name),
        _ => return Ok((image, label)),
    };
    let problem = format!(
        "{problem}; a sample is one image ({IMAGE_ENDINGS}) and its label (.cls): write the tar again"
    );
    Err(DatasetError::content(path, problem))
}

fn read_label(archive: &Archive, member: &Member) -> Result<i64, DatasetError> {
    let wrong = |found: &str| {
        let problem = format!(
            "member {}: {found} is no label: a .cls file holds one whole number below {MAX_CLASSES}",
            member.name
        );
        DatasetError::content(archive.path(), problem)
    };
    if member.len > MAX_LABEL_BYTES {
        return Err(wrong(&format!("a file of {} bytes", member.len)));
    }
    let content = archive.read(member)?;
    let text = String::from_utf8_lossy(&content);
    let label = text.trim().parse().ok().filter(|&label| label < i64::from(MAX_CLASSES));
    label.ok_or_else(|| wrong(&format!("{:?}", text.trim())))
}

impl TarIndex {
    fn push(&mut self, path: &Path, member: &Member, label: i64) -> Result<(), DatasetError> {
        let len = check_len(member.len)
            .and_then(|()| u32::try_from(member.len).map_err(io::Error::other));
        let len = len.map_err(|error| {
            DatasetError::content(path, format!("member {}: {error}", member.name))
        })?;
        self.names.push_str(&member.name);
        let name_end = self.names.len();
        self.images.push(Image { offset: member.offset, len, label, name_end });
        Ok(())
    }
}
