//! Which images there are, in a form that a million of them fit into little memory.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::error::PrepareError;
use crate::archive::Archive;
use crate::image_files::{check_len, read_image, too_long};

/// The images of one split, sorted by class and file name.
///
/// An image takes 24 bytes and its name: 1,281,167 of them about 60 MB.
#[derive(Debug, Default)]
pub(super) struct Listing {
    containers: Vec<Container>,
    /// All names, one after another.
    names: String,
    entries: Vec<Entry>,
}

/// What holds images.
#[derive(Debug)]
pub(super) enum Container {
    /// A folder; images are its files.
    Folder(PathBuf),
    /// A tar file, or a tar file within one, named by the string.
    Archive(Arc<Archive>, Option<String>),
}

#[derive(Debug)]
struct Entry {
    /// Start of the content in an archive; unused in a folder.
    offset: u64,
    /// Length of the content in an archive; unused in a folder.
    len: u32,
    /// Start of the name; it ends where the next one starts.
    name: u32,
    class: u32,
    container: u32,
}

/// An image to be listed.
pub(super) struct Item {
    pub(super) name: String,
    pub(super) class: u32,
    pub(super) offset: u64,
    pub(super) len: u64,
}

impl Listing {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Adds the images of one container.
    pub(super) fn add(
        &mut self,
        container: Container,
        items: impl IntoIterator<Item = Item>,
    ) -> Result<(), PrepareError> {
        let number = u32::try_from(self.containers.len()).map_err(too_many)?;
        self.containers.push(container);
        for item in items {
            let name = u32::try_from(self.names.len()).map_err(too_many)?;
            let len = u32::try_from(item.len).map_err(|_large| self.too_large(number, &item))?;
            self.names.push_str(&item.name);
            let Item { class, offset, .. } = item;
            self.entries.push(Entry { offset, len, name, class, container: number });
        }
        Ok(())
    }

    fn too_large(&self, container: u32, item: &Item) -> PrepareError {
        let name = self.containers[container as usize].place(&item.name, item.offset);
        PrepareError::Image { name, reason: too_long(item.len).to_string() }
    }

    pub(super) fn name(&self, index: usize) -> &str {
        let start = self.entries[index].name as usize;
        let end = self.entries.get(index + 1).map_or(self.names.len(), |next| next.name as usize);
        &self.names[start..end]
    }

    pub(super) fn class(&self, index: usize) -> usize {
        self.entries[index].class as usize
    }

    /// Length of the content if it is known without asking the file system.
    pub(super) fn known_len(&self, index: usize) -> u64 {
        u64::from(self.entries[index].len)
    }

    /// Length of the content, from the file system if need be.
    pub(super) fn stored_len(&self, index: usize) -> Result<u64, PrepareError> {
        match self.container(index) {
            Container::Folder(folder) => {
                let path = folder.join(self.name(index));
                Ok(path.metadata().map_err(PrepareError::io("read", path))?.len())
            }
            Container::Archive(..) => Ok(self.known_len(index)),
        }
    }

    /// Where an image is stored, for messages.
    pub(super) fn place(&self, index: usize) -> String {
        self.container(index).place(self.name(index), self.entries[index].offset)
    }

    /// Reads an image's file into `content`, replacing what is there.
    pub(super) fn read(&self, index: usize, content: &mut Vec<u8>) -> io::Result<()> {
        let entry = &self.entries[index];
        content.clear();
        match self.container(index) {
            Container::Folder(folder) => {
                read_image(&folder.join(self.name(index)), content)?;
                Ok(())
            }
            Container::Archive(archive, _) => {
                check_len(u64::from(entry.len))?;
                content.resize(entry.len as usize, 0);
                archive.read_exact_at(content, entry.offset)
            }
        }
    }

    fn container(&self, index: usize) -> &Container {
        &self.containers[self.entries[index].container as usize]
    }

    /// Number of images of each class.
    pub(super) fn per_class(&self, classes: usize) -> Vec<u64> {
        let mut counts = vec![0; classes];
        for entry in &self.entries {
            counts[entry.class as usize] += 1;
        }
        counts
    }
}

impl Container {
    fn place(&self, name: &str, offset: u64) -> String {
        match self {
            Self::Folder(folder) => folder.join(name).display().to_string(),
            Self::Archive(archive, None) => {
                format!("{}, member {name} at byte {offset}", archive.path().display())
            }
            Self::Archive(archive, Some(inner)) => {
                let path = archive.path().display();
                format!("{path}, member {inner}, in it {name} at byte {offset}")
            }
        }
    }
}

fn too_many(_: std::num::TryFromIntError) -> PrepareError {
    PrepareError::Option {
        option: "the raw folder",
        allowed: "one whose file names take less than 4 GiB".to_owned(),
        given: "larger".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Container, Item, Listing};

    #[test]
    fn imagenet_takes_less_than_100_megabytes() {
        let mut listing = Listing::default();
        for class in 0..1000 {
            let item = |n| Item {
                name: format!("n{:08}_{n}.JPEG", 1_440_764 + class),
                class,
                offset: 0,
                len: 110_000,
            };
            let folder = Container::Folder(format!("/data/imagenet/train/n{class:08}").into());
            listing.add(folder, (0..1282).map(item)).unwrap();
        }
        let entries = listing.entries.capacity() * size_of::<super::Entry>();
        let bytes = entries + listing.names.capacity();
        assert!(listing.len() >= 1_281_167);
        assert!(bytes < 100_000_000, "{bytes}");
        assert_eq!(listing.name(1_281_999), "n01441763_1281.JPEG");
        assert_eq!(listing.name(0), "n01440764_0.JPEG");
    }
}
