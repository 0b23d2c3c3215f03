//! Raw folders that are not as they should be: each is named, and nothing looks complete.

use std::fs;
use std::path::Path;

use resnet_data::OnBadImage;
use resnet_data::prepare::{PrepareOptions, RawLayout, Shards};

use crate::prepare_support::{
    FakeImageNet, error_of, files, golden, options, prepared, records, run, tar_of, write,
};
use crate::support::assert_says;

fn reference() -> tempfile::TempDir {
    let raw = tempfile::tempdir().unwrap();
    FakeImageNet::new().write_reference(raw.path());
    raw
}

fn tars() -> tempfile::TempDir {
    let raw = tempfile::tempdir().unwrap();
    FakeImageNet::new().write_tars(raw.path());
    FakeImageNet::new().write_synset_labels(raw.path());
    raw
}

/// A picture in the training set of the reference layout.
fn picture(raw: &Path) -> std::path::PathBuf {
    raw.join("train/n01440764/n01440764_15.JPEG")
}

#[test]
fn a_folder_of_the_wrong_kind_says_what_was_looked_for() {
    let raw = tempfile::tempdir().unwrap();
    write(&raw.path().join("holiday/beach.jpg"), b"");
    let error = error_of(raw.path(), &options());
    assert_says(
        &error,
        &["holiday", "ILSVRC2012_img_train.tar", "Data/CLS-LOC", "Name the folder"],
    );
    let nowhere = raw.path().join("nowhere");
    assert_says(&error_of(&nowhere, &options()), &["nowhere", "no folder that can be read"]);
    let layout = PrepareOptions { layout: Some(RawLayout::Kaggle), ..options() };
    assert_says(&error_of(reference().path(), &layout), &["not found", "synset_labels.txt"]);
}

#[test]
fn a_wrong_folder_leaves_no_trace() {
    let out = tempfile::tempdir().unwrap();
    let below = out.path().join("out");
    run(out.path(), &below, &options()).unwrap_err();
    assert!(!below.exists());
}

#[test]
fn flat_validation_images_without_labels_say_where_labels_come_from() {
    let raw = reference();
    fs::remove_file(raw.path().join("synset_labels.txt")).unwrap();
    let words =
        ["synset_labels.txt", "LOC_val_solution.csv", "ILSVRC2012_devkit_t12", "development kit"];
    assert_says(&error_of(raw.path(), &options()), &words);
}

#[test]
fn a_missing_class_folder_is_named() {
    let raw = tempfile::tempdir().unwrap();
    FakeImageNet::new().write_kaggle(raw.path());
    fs::remove_dir_all(raw.path().join("ILSVRC/Data/CLS-LOC/train/n02119789")).unwrap();
    assert_says(&error_of(raw.path(), &options()), &["n02119789", "no training images of it"]);
    let raw = reference();
    fs::remove_dir_all(raw.path().join("train/n02119789")).unwrap();
    let error = error_of(raw.path(), &options());
    assert_says(&error, &["synset_labels.txt", "unknown synset", "n02119789", "label 3"]);
    let raw = tempfile::tempdir().unwrap();
    FakeImageNet::new().write_image_folder(raw.path());
    fs::remove_dir_all(raw.path().join("val/n02119789")).unwrap();
    assert_says(&error_of(raw.path(), &options()), &["n02119789", "no validation images of it"]);
}

#[test]
fn an_empty_class_folder_is_named() {
    let raw = reference();
    fs::create_dir(raw.path().join("train/n09999999")).unwrap();
    assert_says(&error_of(raw.path(), &options()), &["n09999999", "no training images of it"]);
}

#[test]
fn a_class_that_no_list_knows_is_named() {
    let raw = tempfile::tempdir().unwrap();
    FakeImageNet::new().write_kaggle(raw.path());
    write(&raw.path().join("ILSVRC/Data/CLS-LOC/train/n09999999/a.JPEG"), b"");
    assert_says(&error_of(raw.path(), &options()), &["n09999999", "unknown synset"]);
    let raw = tempfile::tempdir().unwrap();
    FakeImageNet::new().write_image_folder(raw.path());
    write(&raw.path().join("val/n09999999/a.JPEG"), b"");
    assert_says(&error_of(raw.path(), &options()), &["n09999999", "no training images of it"]);
}

#[test]
fn a_label_file_that_is_one_line_short_names_both_numbers() {
    let raw = reference();
    let path = raw.path().join("synset_labels.txt");
    let labels = fs::read_to_string(&path).unwrap();
    fs::write(&path, labels.rsplit_once("n0").unwrap().0).unwrap();
    let error = error_of(raw.path(), &options());
    assert_says(&error, &["synset_labels.txt", "5 labels for 6 validation images"]);
    // An editor's empty line at the end is no label; one between labels may be a lost one.
    fs::write(&path, format!("{labels}\n")).unwrap();
    run(raw.path(), tempfile::tempdir().unwrap().path(), &options()).unwrap();
    fs::write(&path, labels.replacen('\n', "\n\n", 1)).unwrap();
    assert_says(&error_of(raw.path(), &options()), &["synset_labels.txt", "line 2 is empty"]);
}

#[test]
fn a_solution_that_names_other_images_or_is_garbled_names_the_line() {
    let raw = tempfile::tempdir().unwrap();
    FakeImageNet::new().write_kaggle(raw.path());
    let path = raw.path().join("LOC_val_solution.csv");
    let solution = fs::read_to_string(&path).unwrap();
    for (old, new, word) in [
        ("val_00000003", "val_00000033", "no line for the image ILSVRC2012_val_00000003"),
        ("val_00000003", "val_00000002", "line 6: ILSVRC2012_val_00000002 is there twice"),
        ("_00000003,n", "_00000003;n", "line 5: not IMAGE,SYNSET"),
    ] {
        fs::write(&path, solution.replace(old, new)).unwrap();
        assert_says(&error_of(raw.path(), &options()), &["LOC_val_solution.csv", word]);
    }
}

#[test]
fn a_broken_development_kit_is_named() {
    let raw = tempfile::tempdir().unwrap();
    let fake = FakeImageNet::new();
    fake.write_train(raw.path());
    fake.write_flat_validation(&raw.path().join("val"));
    fake.write_devkit(raw.path());
    let data = raw.path().join("ILSVRC2012_devkit_t12/data");
    let truth = data.join("ILSVRC2012_validation_ground_truth.txt");
    fs::write(&truth, "2\n3\n1\n1001\n3\n2\n").unwrap();
    assert_says(&error_of(raw.path(), &options()), &["ground_truth.txt", "line 4", "1001"]);
    let meta = golden("meta.mat");
    for cut in (0..meta.len()).step_by(7) {
        fs::write(data.join("meta.mat"), &meta[..cut]).unwrap();
        assert_says(
            &error_of(raw.path(), &options()),
            &["meta.mat", "download the development kit"],
        );
    }
    fs::remove_file(data.join("meta.mat")).unwrap();
    assert_says(&error_of(raw.path(), &options()), &["cannot read", "meta.mat"]);
    let archive = raw.path().join("ILSVRC2012_devkit_t12.tar.gz");
    fs::remove_dir_all(raw.path().join("ILSVRC2012_devkit_t12")).unwrap();
    fs::write(archive, "no gzip").unwrap();
    assert_says(&error_of(raw.path(), &options()), &["cannot unpack", "tar.gz"]);
}

#[test]
fn an_image_that_is_empty_or_does_not_decode_is_named_with_its_reason() {
    let whole = golden("baseline-420.jpg");
    for (content, reason) in [
        (&b""[..], "an empty file"),
        (b"GIF89a", "neither a JPEG nor a PNG image"),
        (&whole[..whole.len() / 2], "JPEG"),
        (&whole[..3], "truncated JPEG"),
        (b"\x89PNG\r\n\x1a\n....", "damaged PNG"),
    ] {
        let raw = reference();
        fs::write(picture(raw.path()), content).unwrap();
        let error = error_of(raw.path(), &options());
        assert_says(&error, &["train/n01440764/n01440764_15.JPEG", reason, "skipped"]);
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let raw = reference();
    fs::remove_file(picture(raw.path())).unwrap();
    fs::create_dir(picture(raw.path())).unwrap();
    let error = error_of(raw.path(), &options());
    assert_says(&error, &["n01440764_15.JPEG", "cannot be read"]);
}

#[test]
fn bad_images_can_be_skipped_and_are_listed() {
    let raw = reference();
    fs::write(picture(raw.path()), "").unwrap();
    fs::write(raw.path().join("validation/ILSVRC2012_val_00000004.JPEG"), "text").unwrap();
    let out = tempfile::tempdir().unwrap();
    let skip = |max| PrepareOptions { on_bad_image: OnBadImage::Skip { max }, ..options() };
    let error = run(raw.path(), out.path(), &skip(1)).unwrap_err().to_string();
    assert_says(&error, &["more than 1 bad images", "allow more"]);
    // Continued: what was skipped before is remembered.
    let report = run(raw.path(), out.path(), &skip(2)).unwrap();
    assert_eq!(report.train.images, 14);
    assert_eq!(report.train.images_per_class["n01440764"], 4);
    let skipped = &report.train.skipped[0];
    assert_eq!((&skipped.file[..], &skipped.class[..]), ("n01440764_15.JPEG", "n01440764"));
    assert_eq!(skipped.reason, "an empty file");
    assert_says(&report.validation.skipped[0].reason, &["neither a JPEG nor a PNG"]);
    assert_eq!(records(out.path(), "validation").len(), 5);
    let dataset = String::from_utf8(files(out.path())["dataset.json"].clone()).unwrap();
    assert_says(&dataset, &["n01440764_15.JPEG", "an empty file"]);
}

#[test]
fn a_run_that_met_a_bad_image_continues_once_it_is_replaced() {
    let raw = reference();
    let good = fs::read(picture(raw.path())).unwrap();
    fs::write(picture(raw.path()), "").unwrap();
    let out = tempfile::tempdir().unwrap();
    run(raw.path(), out.path(), &options()).unwrap_err();
    fs::write(picture(raw.path()), good).unwrap();
    run(raw.path(), out.path(), &options()).unwrap();
    let whole = prepared(|raw| FakeImageNet::new().write_reference(raw), &options());
    assert!(files(out.path()) == files(whole.out.path()));
}

#[test]
fn a_damaged_archive_is_named_with_the_byte() {
    let raw = tars();
    let path = raw.path().join("ILSVRC2012_img_train.tar");
    let whole = fs::read(&path).unwrap();
    let damaged = |content: &[u8], words: &[&str]| {
        fs::write(&path, content).unwrap();
        let error = error_of(raw.path(), &options());
        assert_says(&error, &["ILSVRC2012_img_train.tar: at byte"]);
        assert_says(&error, words);
    };
    damaged(&whole[..whole.len() - 1024], &["cut short", "download it again"]);
    damaged(&whole[..whole.len() / 2], &["reaches beyond the end"]);
    damaged(&whole[..700], &["at byte 0", "n01440764.tar", "reaches beyond the end"]);
    let mut flipped = whole.clone();
    flipped[512 + 3] ^= 1;
    damaged(&flipped, &["at byte 512", "no tar header, or a damaged one"]);
    damaged(b"", &["at byte 0", "cut short"]);
    damaged(&vec![b'x'; 4096], &["at byte 0", "no tar header"]);
    fs::write(&path, tar_of([("readme.txt", &b"hello"[..])])).unwrap();
    assert_says(
        &error_of(raw.path(), &options()),
        &["a tar file for each class", "download it again"],
    );
}

#[test]
fn a_damaged_image_in_an_archive_is_named_with_archive_member_and_byte() {
    let raw = tars();
    let path = raw.path().join("ILSVRC2012_img_train.tar");
    let mut content = fs::read(&path).unwrap();
    // The first image follows two headers: of the class's archive, and its own.
    content[1024..1100].fill(7);
    fs::write(&path, content).unwrap();
    let error = error_of(raw.path(), &options());
    let member = "member n01440764.tar, in it n01440764_1.JPEG at byte 1024";
    assert_says(&error, &["ILSVRC2012_img_train.tar", member, "neither a JPEG nor a PNG"]);
}

#[test]
fn a_member_outside_the_archives_folder_is_refused() {
    for name in ["../escape.JPEG", "/etc/escape.JPEG", "a/../../escape.JPEG"] {
        let raw = tars();
        let jpeg = golden("baseline-444.jpg");
        let mut header = tar::Header::new_gnu();
        // The builder refuses such names itself.
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(jpeg.len() as u64);
        header.set_cksum();
        let mut builder = tar::Builder::new(Vec::new());
        builder.append(&header, &jpeg[..]).unwrap();
        let tar = builder.into_inner().unwrap();
        fs::write(raw.path().join("ILSVRC2012_img_val.tar"), tar).unwrap();
        assert_says(&error_of(raw.path(), &options()), &["img_val.tar", name, "outside"]);
    }
}

#[test]
fn a_member_that_is_there_twice_is_refused() {
    let raw = tars();
    let jpeg = golden("baseline-444.jpg");
    let tar = tar_of([("a.JPEG", &jpeg[..]), ("a.JPEG", &jpeg[..])]);
    fs::write(raw.path().join("ILSVRC2012_img_val.tar"), tar).unwrap();
    assert_says(&error_of(raw.path(), &options()), &["img_val.tar", "a.JPEG is there twice"]);
}

#[test]
fn archives_without_the_published_md5_are_refused_if_asked() {
    let md5 = PrepareOptions { md5: true, ..options() };
    let words =
        ["ILSVRC2012_img_train.tar", "1d675b47d978889d74fa0da5fadfb00e", "Download it again"];
    assert_says(&error_of(tars().path(), &md5), &words);
    assert_says(&error_of(reference().path(), &md5), &["md5 must be off", "train"]);
}

#[test]
fn an_annotation_that_is_no_xml_is_named() {
    let annotations = tempfile::tempdir().unwrap();
    write(&annotations.path().join("train/n01440764/n01440764_1.xml"), b"<annotation>");
    let boxes = Some(annotations.path().to_owned());
    let error = error_of(reference().path(), &PrepareOptions { boxes, ..options() });
    assert_says(&error, &["n01440764_1.xml", "no XML", "without bounding boxes"]);
}

#[test]
fn options_outside_their_range_are_refused() {
    let raw = reference();
    let refused = |options: PrepareOptions, words: &[&str]| {
        assert_says(&error_of(raw.path(), &options), words);
    };
    let count = |count| PrepareOptions { train_shards: Shards::Count(count), ..options() };
    refused(count(16), &["train_shards must be from 1 to 15, for 15 images, not 16"]);
    refused(count(0), &["train_shards", "not 0"]);
    refused(PrepareOptions { threads: 0, ..options() }, &["threads must be from 1"]);
    refused(PrepareOptions { quality: 0, ..options() }, &["quality must be from 1 to 100, not 0"]);
    refused(PrepareOptions { label_offset: 2, ..options() }, &["label_offset must be 0 or 1"]);
    refused(PrepareOptions { short_side: Some(1), ..options() }, &["short_side must be from 16"]);
}

#[test]
fn no_damaged_header_makes_an_archive_panic() {
    let raw = tars();
    let path = raw.path().join("ILSVRC2012_img_val.tar");
    let whole = fs::read(&path).unwrap();
    let mut refused = 0;
    // Names, modes, lengths, sums and kinds of the first header.
    for at in (0..160).step_by(3) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x15;
        fs::write(&path, &damaged).unwrap();
        let out = tempfile::tempdir().unwrap();
        refused += usize::from(run(raw.path(), out.path(), &options()).is_err());
    }
    assert_eq!(refused, 54);
}

#[test]
fn a_file_that_is_far_too_long_is_no_image() {
    let raw = reference();
    let file = fs::File::options().write(true).open(picture(raw.path())).unwrap();
    file.set_len(1 << 40).unwrap();
    let error = error_of(raw.path(), &options());
    assert_says(&error, &["n01440764_15.JPEG", "1099511627776 bytes, and at most 256 MiB"]);
}
