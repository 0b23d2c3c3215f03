//! WebDataset tar files.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use resnet_data::{Dataset, DatasetOptions, Layout, Loader, Source};

use crate::dataset::{error, labels, open, save};
use crate::support::{KEEP, assert_says, batches, in_order, jpeg};

/// Writes a tar file.
pub(crate) fn tar(path: &Path, members: &[(&str, &[u8])]) {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        // Names are set as they are: `append_data` refuses those that lead out.
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        builder.append(&header, *content).unwrap();
    }
    save(path, builder.into_inner().unwrap());
}

/// A tar file with these members and what goes wrong with it.
fn error_of(members: &[(&str, &[u8])]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.tar");
    tar(&path, members);
    error(&path)
}

#[test]
fn samples_are_the_files_of_one_name() {
    let folder = tempfile::tempdir().unwrap();
    let (dark, light) = (jpeg(10), jpeg(200));
    let first = [
        ("a/2.cls", &b"1\n"[..]),
        ("a/2.jpg", &light),
        ("a/1.jpg", &dark),
        ("a/1.json", b"{}"),
        ("a/1.seg.png", b"no image of the sample"),
        ("a/1.cls", b"0"),
        ("README", b"other files are passed over"),
        ("._hidden.jpg", b""),
    ];
    tar(&folder.path().join("pets-train-000000.tar"), &first);
    tar(&folder.path().join("pets-train-000001.tar"), &[("9.png", b"?"), ("9.cls", b" 4 ")]);
    tar(&folder.path().join("pets-val-000000.tar"), &[("9.jpeg", &dark), ("9.cls", b"2")]);
    let dataset = open(folder.path());
    assert_eq!(
        (dataset.layout(), dataset.splits()),
        (Layout::WebDataset, vec!["train", "validation"])
    );
    assert_eq!(dataset.classes(), ["0", "1", "2", "3", "4"]);
    assert_eq!(labels(&dataset, "train"), [0, 1, 4]);
    let train = dataset.split("train").unwrap();
    assert_eq!((0..3).map(|index| train.label(index).unwrap()).collect::<Vec<_>>(), [0, 1, 4]);
    assert_says(&train.place(1), &["pets-train-000000.tar, member a/2.jpg"]);
    assert_says(&train.describe(), &["3 train images in 2 tar files"]);
    let mut record = Vec::new();
    let sample = train.read(1, &mut record).unwrap();
    assert_eq!(&record[..light.len()], light);
    assert_eq!(&record[sample.filename], b"a/2.jpg");
    let loader = Loader::new(dataset.split("val").unwrap(), in_order(1, KEEP)).unwrap();
    assert_eq!(batches(&loader, 0, 0)[0].labels, [2]);
}

#[test]
fn folders_of_splits_and_class_names_are_found() {
    let folder = tempfile::tempdir().unwrap();
    tar(&folder.path().join("train/0.tar"), &[("9.png", b"?"), ("9.cls", b"1")]);
    tar(&folder.path().join("val/0.tar"), &[("9.png", b"?"), ("9.cls", b"2")]);
    save(&folder.path().join("classes.txt"), "cat\n\ndog\n");
    let options = DatasetOptions::default();
    let error = Dataset::open(folder.path(), &options).unwrap_err().to_string();
    assert_says(&error, &["classes.txt", "line 2 is empty", "remove the line"]);
    save(&folder.path().join("classes.txt"), "cat\ndog \n \n\n");
    let dataset = open(folder.path());
    assert_eq!(
        (dataset.classes(), dataset.splits()),
        (&["cat".into(), "dog".into()][..], vec!["train", "validation"])
    );
    let validation = dataset.split("validation").unwrap();
    let error = validation.read(0, &mut Vec::new()).unwrap_err().to_string();
    assert_says(&error, &["0.tar, member 9.png", "label 2 is outside 0..=1", "Set the number"]);
    save(&folder.path().join("classes.json"), r#"["cat", "dog", "cow"]"#);
    assert_eq!(labels(&open(folder.path()), "validation"), [2]);
}

#[test]
fn one_tar_file_is_a_data_set_and_labels_may_start_at_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pets.tar");
    tar(&path, &[("a.jpg", b"?"), ("a.cls", b"1"), ("b.jpg", b"?"), ("b.cls", b"2")]);
    let options = DatasetOptions { label_offset: Some(1), ..DatasetOptions::default() };
    let dataset = Dataset::open(&path, &options).unwrap();
    assert_eq!((dataset.splits(), dataset.classes().len()), (vec!["all"], 2));
    assert_eq!(labels(&dataset, "all"), [0, 1]);
}

#[test]
fn a_sample_that_is_not_whole_names_tar_member_and_remedy() {
    let whole: &[(&str, &[u8])] = &[("a.jpg", b"?"), ("a.cls", b"1")];
    for (members, words) in [
        (
            &[("b.jpg", &b"?"[..])][..],
            &["member b.jpg has no .cls file", "write the tar again"][..],
        ),
        (&[("b.cls", b"1")], &["member b.cls has no image"]),
        (&[("a.png", b"?")], &["member a.png is a second image beside a.jpg"]),
        (&[("b.jpg", b"?"), ("b.cls", b"cat")], &["member b.cls: \"cat\" is no label"]),
        (&[("b.jpg", b"?"), ("b.cls", b"99999999")], &["b.cls", "below 1048576"]),
        (&[("b.jpg", b"?"), ("b.cls", &[b'1'; 65])], &["b.cls", "a file of 65 bytes"]),
        (&[("a.jpg", b"?")], &["a.jpg is there twice"]),
        (&[("../b.jpg", b"?"), ("../b.cls", b"1")], &["\"../b.jpg\"", "outside the archive"]),
        (&[("/b.jpg", b"?"), ("/b.cls", b"1")], &["\"/b.jpg\"", "outside the archive"]),
    ] {
        let message = error_of(&[whole, members].concat());
        assert_says(&message, &[&["x.tar"], words].concat());
    }
}

#[test]
fn a_tar_file_without_samples_says_what_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner.tar");
    tar(&inner, &[("n01440764_1.JPEG", b"?")]);
    let message = error_of(&[("n01440764.tar", &fs::read(inner).unwrap())]);
    assert_says(&message, &["no sample", "first member is n01440764.tar", "prepare_imagenet"]);
    assert_says(&error_of(&[]), &["the first member is no file"]);
}

#[test]
fn a_tar_file_that_is_cut_short_or_lies_about_lengths_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.tar");
    tar(&path, &[("a.jpg", &[7; 2000]), ("a.cls", b"1")]);
    let whole = fs::read(&path).unwrap();
    save(&path, &whole[..1500]);
    assert_says(
        &error(&path),
        &["x.tar: at byte 0", "member a.jpg of 2000 bytes", "Copy it again"],
    );
    save(&path, &whole[..2560 + 512 + 512]);
    assert_says(&error(&path), &["cut short: there is no end mark"]);
    save(&path, [9; 1024]);
    assert_says(&error(&path), &["at byte 0", "no tar header"]);
}

#[test]
fn a_tar_file_that_shrinks_later_is_an_error_that_names_the_member() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.tar");
    tar(&path, &[("a.jpg", &[7; 2000]), ("a.cls", b"1")]);
    let images: Arc<dyn Source> = open(&path).split("all").unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_len(1000).unwrap();
    let error = images.read(0, &mut Vec::new()).unwrap_err().to_string();
    assert_says(&error, &["x.tar, member a.jpg", "cannot read"]);
}

/// A set of a thousand tar files is usual, and so are systems that allow 1024 open files.
#[test]
fn more_tar_files_than_may_be_open_are_read_in_any_order() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..1100 {
        let path = folder.path().join(format!("train-{number:06}.tar"));
        tar(&path, &[("a.jpg", b"?"), ("a.cls", b"1")]);
    }
    let train = open(folder.path()).split("train").unwrap();
    for index in (0..1100).rev().chain([0, 550]) {
        assert_eq!(train.read(index, &mut Vec::new()).unwrap().label, 1);
    }
    let open_files = fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    assert!(open_files < 1000, "{open_files} files are open");
}
