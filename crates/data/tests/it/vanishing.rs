//! Data that changes or disappears while it is being loaded.

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::sync::Arc;

use resnet_data::{DataError, ImageFiles, Loader, LoaderOptions, OnBadImage, Source};

use crate::support::{
    KEEP, assert_says, good_records, in_order, jpeg, open, shard_path, write_shards,
};

/// Many more images than are read in advance, so that most are read after the change.
const IMAGES: usize = 300;

/// Starts an epoch, changes something after its first batch, and gives the error.
///
/// Bad images may be skipped; what is not there is no bad image.
fn error_after(source: impl Source + 'static, change: impl FnOnce()) -> (DataError, String) {
    let on_bad_image = OnBadImage::Skip { max: IMAGES };
    let options = LoaderOptions { prefetch: 1, on_bad_image, ..in_order(4, KEEP) };
    let mut epoch = Loader::new(Arc::new(source), options).unwrap().epoch(0, 0);
    epoch.next().unwrap().unwrap();
    change();
    let error = epoch.by_ref().find_map(Result::err).expect("the epoch should fail");
    assert!(epoch.next().is_none(), "nothing comes after an error");
    let text = error.to_string();
    (error, text)
}

/// Two folders of classes.
fn folder() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for class in ["cat", "dog"] {
        fs::create_dir(root.path().join(class)).unwrap();
        for number in 0..IMAGES / 2 {
            let name = format!("{number:03}.jpg");
            fs::write(root.path().join(class).join(name), jpeg(60)).unwrap();
        }
    }
    root
}

fn shards() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let records: Vec<_> = good_records(10).into_iter().cycle().take(IMAGES).collect();
    write_shards(folder.path(), "train", 2, &records);
    folder
}

#[test]
fn a_deleted_file_is_an_error_that_names_it() {
    let root = folder();
    let path = root.path().join("dog/100.jpg");
    let source = ImageFiles::folder(root.path()).unwrap();
    let (error, text) = error_after(source, || fs::remove_file(&path).unwrap());
    assert!(matches!(error, DataError::Io { .. }));
    assert_says(&text, &["cannot read", "dog", "100.jpg"]);
}

#[test]
fn a_folder_that_can_no_longer_be_read_is_an_error_that_names_a_file_in_it() {
    let root = folder();
    let dog = root.path().join("dog");
    let source = ImageFiles::folder(root.path()).unwrap();
    let (_, text) = error_after(source, || fs::rename(&dog, root.path().join("hound")).unwrap());
    assert_says(&text, &["cannot read", "dog", "000.jpg"]);
    let (_, text) = {
        fs::rename(root.path().join("hound"), &dog).unwrap();
        let source = ImageFiles::folder(root.path()).unwrap();
        error_after(source, || forbid(&dog))
    };
    allow(&dog);
    assert_says(&text, &["cannot read", "dog", ".jpg"]);
}

/// Takes the right to enter a folder, or, from one whom rights do not bind, the folder.
#[cfg(unix)]
fn forbid(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read_dir(folder).is_ok() {
        fs::rename(folder, folder.with_extension("away")).unwrap();
        fs::write(folder, "a file in its place").unwrap();
    }
}

#[cfg(not(unix))]
fn forbid(folder: &Path) {
    fs::rename(folder, folder.with_extension("away")).unwrap();
    fs::write(folder, "a file in its place").unwrap();
}

/// Lets the temporary folder be removed.
fn allow(folder: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    }
    assert!(folder.exists());
}

#[test]
fn a_file_emptied_during_the_epoch_is_a_bad_image_that_is_named() {
    let root = folder();
    let path = root.path().join("dog/100.jpg");
    let source = Arc::new(ImageFiles::folder(root.path()).unwrap());
    let options = LoaderOptions { prefetch: 1, ..in_order(4, KEEP) };
    let mut epoch = Loader::new(source, options).unwrap().epoch(0, 0);
    epoch.next().unwrap().unwrap();
    fs::write(&path, "").unwrap();
    let error = epoch.find_map(Result::err).unwrap();
    assert!(matches!(error, DataError::Image { .. }));
    assert_says(&error.to_string(), &["dog/100.jpg", "an empty file"]);
}

#[test]
fn a_shard_that_shrinks_while_it_is_read_is_an_error_that_names_it_and_the_record() {
    let folder = shards();
    let path = shard_path(folder.path(), "train", 0, 2);
    let (error, text) = error_after(open(folder.path()).unwrap(), || halve(&path));
    assert!(matches!(error, DataError::Shard(_)));
    assert_says(&text, &["train-00000-of-00002", "record"]);
}

#[test]
fn a_shard_that_shrinks_before_it_is_read_is_an_error_that_names_it_and_both_sizes() {
    let folder = shards();
    let path = shard_path(folder.path(), "train", 1, 2);
    let (_, text) = error_after(open(folder.path()).unwrap(), || halve(&path));
    assert_says(&text, &["train-00001-of-00002", "bytes now", "when indexed"]);
}

fn halve(path: &Path) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(file.metadata().unwrap().len() / 2).unwrap();
}

#[test]
fn a_shard_that_is_deleted_before_it_is_opened_is_an_error_that_names_it() {
    let folder = shards();
    let path = shard_path(folder.path(), "train", 1, 2);
    let (_, text) = error_after(open(folder.path()).unwrap(), || fs::remove_file(&path).unwrap());
    assert_says(&text, &["train-00001-of-00002"]);
}

#[test]
fn a_shard_that_is_overwritten_is_an_error_that_names_it() {
    let folder = shards();
    let path = shard_path(folder.path(), "train", 1, 2);
    let (_, text) = error_after(open(folder.path()).unwrap(), || {
        let len = fs::metadata(&path).unwrap().len();
        fs::write(&path, vec![7; usize::try_from(len).unwrap()]).unwrap();
    });
    assert_says(&text, &["train-00001-of-00002", "was modified"]);
}
