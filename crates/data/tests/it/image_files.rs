//! Images in a folder for each class, or in a manifest.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use resnet_data::{DataError, ImageFiles, Loader, Source};

use crate::support::{KEEP, assert_says, batches, first_error, in_order, jpeg, levels};

fn save(path: &Path, content: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// Two cats and a dog, and files that are no images.
fn pets() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (name, level) in [("dog/b.JPG", 30), ("cat/a.jpg", 10), ("cat/c.jpeg", 20)] {
        save(&root.path().join(name), &jpeg(level));
    }
    save(&root.path().join("cat/notes.txt"), b"");
    save(&root.path().join(".cache/x.jpg"), b"");
    root
}

/// Makes a folder look as if it had last changed this long ago.
fn age(folder: &Path, seconds: u64) {
    let time = SystemTime::now() - Duration::from_secs(seconds);
    fs::File::open(folder).unwrap().set_modified(time).unwrap();
}

fn error(opened: Result<ImageFiles, resnet_data::ImageFilesError>) -> String {
    opened.unwrap_err().to_string()
}

#[test]
fn a_folder_for_each_class_loads_in_sorted_order() {
    let root = pets();
    let files = ImageFiles::folder(root.path()).unwrap();
    assert_eq!(files.classes(), ["cat", "dog"]);
    assert!(files.place(1).ends_with("cat/c.jpeg"));
    assert_says(&files.describe(), &["3 image files of 2 classes"]);
    let loader = Loader::new(Arc::new(files), in_order(3, KEEP)).unwrap();
    let batch = batches(&loader, 0, 0).remove(0);
    assert_eq!(batch.labels, [0, 0, 1]);
    let first = |slot: usize| levels(&batch)[slot * 16 * 16 * 3];
    assert!(first(0).abs_diff(10) <= 1 && first(2).abs_diff(30) <= 1);
}

#[test]
fn a_bad_image_is_named_by_its_path() {
    let root = pets();
    fs::write(root.path().join("cat/c.jpeg"), "no image").unwrap();
    let files = ImageFiles::folder(root.path()).unwrap();
    let loader = Loader::new(Arc::new(files), in_order(3, KEEP)).unwrap();
    assert_says(&first_error(&loader), &["cat/c.jpeg", "JPEG"]);
    fs::remove_file(root.path().join("cat/a.jpg")).unwrap();
    assert_says(&first_error(&loader), &["cannot read", "cat/a.jpg"]);
}

#[test]
fn a_validation_folder_is_numbered_as_the_training_folder() {
    let (train, validation) = (pets(), tempfile::tempdir().unwrap());
    save(&validation.path().join("dog/x.jpg"), &jpeg(1));
    let classes = ImageFiles::folder(train.path()).unwrap().classes().to_vec();
    let files = ImageFiles::folder(validation.path()).unwrap().with_classes(&classes).unwrap();
    assert_eq!(files.read(0, &mut Vec::new()).unwrap().label, 1);
    save(&validation.path().join("cow/x.jpg"), &jpeg(1));
    let cow = ImageFiles::folder(validation.path()).unwrap().with_classes(&classes);
    assert_says(&error(cow), &["\"cow\"", "training classes"]);
}

#[test]
fn a_folder_without_classes_or_images_is_named() {
    let root = tempfile::tempdir().unwrap();
    assert_says(&error(ImageFiles::folder(root.path())), &["has no folders"]);
    fs::create_dir(root.path().join("cat")).unwrap();
    assert_says(
        &error(ImageFiles::folder(root.path())),
        &["cat", "no image file (.jpg, .jpeg, .png"],
    );
    fs::create_dir(root.path().join("cat/train")).unwrap();
    assert_says(
        &error(ImageFiles::folder(root.path())),
        &["cat holds folders instead of images", "name it instead"],
    );
    assert_says(&error(ImageFiles::folder(&root.path().join("x"))), &["cannot list"]);
}

#[test]
fn a_cached_listing_lists_again_only_what_has_changed() {
    let (root, other) = (pets(), tempfile::tempdir().unwrap());
    let cache = other.path().join("listing");
    for class in ["cat", "dog"] {
        age(&root.path().join(class), 60);
    }
    let first = ImageFiles::folder_cached(root.path(), &cache).unwrap();
    assert_eq!(first, ImageFiles::folder(root.path()).unwrap());
    // A change that leaves no trace in the folder's time shows that the cache is used.
    fs::rename(root.path().join("cat/a.jpg"), root.path().join("cat/z.jpg")).unwrap();
    let time = fs::read_to_string(&cache).unwrap();
    let nanoseconds = time.lines().nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let back = SystemTime::UNIX_EPOCH + Duration::from_nanos(nanoseconds);
    fs::File::open(root.path().join("cat")).unwrap().set_modified(back).unwrap();
    assert_eq!(ImageFiles::folder_cached(root.path(), &cache).unwrap(), first);
    age(&root.path().join("cat"), 30);
    let changed = ImageFiles::folder_cached(root.path(), &cache).unwrap();
    assert_eq!(changed, ImageFiles::folder(root.path()).unwrap());
    assert_ne!(changed, first);
}

#[test]
fn a_folder_that_has_just_changed_is_not_taken_from_the_cache() {
    let (root, other) = (pets(), tempfile::tempdir().unwrap());
    let cache = other.path().join("listing");
    ImageFiles::folder_cached(root.path(), &cache).unwrap();
    save(&root.path().join("cat/new.jpg"), &jpeg(5));
    assert_eq!(ImageFiles::folder_cached(root.path(), &cache).unwrap().len(), 4);
}

#[test]
fn a_cache_that_is_damaged_or_of_other_folders_is_made_anew() {
    let (root, other) = (pets(), tempfile::tempdir().unwrap());
    let cache = other.path().join("listing");
    for class in ["cat", "dog"] {
        age(&root.path().join(class), 60);
    }
    let expected = ImageFiles::folder_cached(root.path(), &cache).unwrap();
    let whole = fs::read(&cache).unwrap();
    for damaged in
        [&b"\xff\xfe"[..], b"", &whole[..whole.len() - 9], b"resnet-data listing 1\n1 9 a"]
    {
        fs::write(&cache, damaged).unwrap();
        assert_eq!(ImageFiles::folder_cached(root.path(), &cache).unwrap(), expected);
        assert_eq!(fs::read(&cache).unwrap(), whole);
    }
    fs::remove_dir_all(root.path().join("dog")).unwrap();
    assert_eq!(ImageFiles::folder_cached(root.path(), &cache).unwrap().classes(), ["cat"]);
}

fn manifest(text: &str, split: Option<&str>) -> Result<ImageFiles, resnet_data::ImageFilesError> {
    let root = pets();
    let path = root.path().join("list.csv");
    fs::write(&path, text).unwrap();
    ImageFiles::manifest(&path, split)
}

#[test]
fn a_manifest_lists_images_of_a_split_in_its_order() {
    let text = "path,label,split,weight\ndog/b.JPG,hound,train,1\n\"cat/a.jpg\",\"cat, black\",val,2\r\n\
                cat/c.jpeg,\"a \"\"cat\"\"\",train,1\n";
    let all = manifest(text, None).unwrap();
    assert_eq!(all.classes(), ["a \"cat\"", "cat, black", "hound"]);
    assert_eq!(all.len(), 3);
    let train = manifest(text, Some("train")).unwrap();
    assert_eq!(train.len(), 2);
    assert!(train.place(0).ends_with("dog/b.JPG"));
    assert_eq!(train.classes(), all.classes(), "numbered as in all splits");
    let tabs = manifest("label\tpath\ncat\tcat/a.jpg\n", None).unwrap();
    assert_eq!((tabs.len(), tabs.classes()), (1, &["cat".to_owned()][..]));
}

#[test]
fn a_manifest_that_is_wrong_names_the_line() {
    for (text, words) in [
        ("", &["line 1", "an empty file"][..]),
        ("dog/b.JPG,dog\n", &["line 1", "no column \"path\"", "header line path,label"]),
        (
            "image,class\na.jpg,cat\n",
            &["line 1", "among image, class: call the columns path and label"],
        ),
        ("cat\\a.tif,cat\n", &["line 1", "add a header line path,label"]),
        ("path,label\na.jpg,cat\nb.jpg\n", &["list.csv: line 3", "column 2"]),
        ("path,label\n../a.jpg,cat\n", &["line 2", "leads out of the manifest's folder"]),
        ("path,label\n/etc/a.jpg,cat\n", &["line 2", "leads out of"]),
        ("path,label\n\"a.jpg,cat\n", &["line 2", "quote"]),
        ("path,label\n", &["line 1", "no line"]),
        ("path,label\na,x\nb,x\na,x\n", &["line 4", "listed again, first in line 2", "weight"]),
        ("path,label\na,x\na,y\n", &["line 3", "the label \"y\" here and \"x\" in line 2"]),
    ] {
        assert_says(&error(manifest(text, None)), words);
    }
    let missing = error(manifest("path,label,split\na,b,train\n", Some("test")));
    assert_says(&missing, &["no line is of the wanted split"]);
    assert_says(&error(manifest("path,label\na,b\n", Some("train"))), &["no column \"split\""]);
}

#[test]
fn paths_as_windows_writes_them_are_told() {
    let listed = manifest("path,label\ncat\\1.jpg,cat\ngone.jpg,cat\n", None).unwrap();
    let said = |index| {
        let error = listed.read(index, &mut Vec::new()).unwrap_err();
        std::error::Error::source(&error).unwrap().to_string()
    };
    assert_says(&said(0), &["write / instead of \\ in the manifest"]);
    assert!(!said(1).contains("instead of"), "{}", said(1));
}

#[test]
fn a_file_larger_than_any_image_is_refused_as_such() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("scan/large.tif");
    save(&path, b"");
    fs::File::options().write(true).open(&path).unwrap().set_len((256 << 20) + 1).unwrap();
    let error = ImageFiles::folder(root.path()).unwrap().read(0, &mut Vec::new()).unwrap_err();
    let DataError::Io { path: named, source } = &error else { panic!("{error}") };
    assert_eq!(named, &path);
    assert_says(&source.to_string(), &["268435457 bytes", "at most 256 MiB", "store it smaller"]);
}
