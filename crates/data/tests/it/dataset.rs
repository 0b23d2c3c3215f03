//! Data sets of every layout through one door.

use std::fs;
use std::path::Path;

use resnet_data::{
    Crop, Dataset, DatasetOptions, Layout, Loader, Source, SyntheticImages, Transform,
};
use tfrecord_codec::{ExampleBuilder, RecordWriter};

use crate::support::{assert_says, batches, good_records, in_order, jpeg, levels, write_shards};

/// Writes a file and the folders above it.
pub(crate) fn save(path: &Path, content: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

pub(crate) fn open(path: &Path) -> Dataset {
    Dataset::open(path, &DatasetOptions::default()).unwrap()
}

pub(crate) fn error(path: &Path) -> String {
    Dataset::open(path, &DatasetOptions::default()).unwrap_err().to_string()
}

/// The labels of all images of a split.
pub(crate) fn labels(dataset: &Dataset, split: &str) -> Vec<u32> {
    let images = dataset.split(split).unwrap();
    (0..images.len()).map(|index| images.read(index, &mut Vec::new()).unwrap().label).collect()
}

#[test]
fn shards_take_names_and_offset_from_the_files_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    write_shards(folder.path(), "train", 2, &good_records(3));
    write_shards(&folder.path().join("validation"), "validation", 1, &good_records(2));
    let plain = open(folder.path());
    assert_eq!((plain.layout(), plain.classes().len()), (Layout::Shards, 1000));
    assert_eq!(plain.classes()[999], "999");
    assert_eq!(plain.splits(), ["train", "validation"]);
    assert_eq!(labels(&plain, "train"), [0, 1, 2]);

    let classes = r#"[{"id": "n0", "name": "crane"}, {"id": "n1", "name": "tench"}, {"id": "n2", "name": "crane"}]"#;
    save(&folder.path().join("classes.json"), classes);
    let named = open(folder.path());
    assert_eq!(named.classes(), ["crane (n0)", "tench", "crane (n2)"]);
    assert_eq!(labels(&named, "val"), [0, 1], "another name of the split");
}

#[test]
fn options_say_what_shards_do_not() {
    let folder = tempfile::tempdir().unwrap();
    write_shards(folder.path(), "train", 1, &good_records(3));
    let options =
        DatasetOptions { label_offset: Some(0), num_classes: Some(4), ..DatasetOptions::default() };
    let dataset = Dataset::open(folder.path(), &options).unwrap();
    assert_eq!(dataset.classes(), ["0", "1", "2", "3"]);
    assert_eq!(labels(&dataset, "train"), [1, 2, 3]);
}

#[test]
fn files_beside_shards_that_are_damaged_are_named() {
    let folder = tempfile::tempdir().unwrap();
    write_shards(folder.path(), "train", 1, &good_records(3));
    save(&folder.path().join("dataset.json"), "{}");
    assert_says(&error(folder.path()), &["dataset.json", "not as prepare writes it"]);
    save(&folder.path().join("classes.json"), "[1]");
    assert_says(&error(folder.path()), &["classes.json", "no list of class names"]);
}

#[test]
fn two_sets_of_shards_for_one_split_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    write_shards(folder.path(), "val", 1, &good_records(3));
    write_shards(folder.path(), "validation", 1, &good_records(3));
    assert_says(&error(folder.path()), &["validation is there twice", "3 val images", "Remove"]);
}

#[test]
fn the_bundled_sample_opens_with_its_class_names() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/fashion-mnist");
    let dataset = open(&sample);
    assert_eq!(dataset.classes()[9], "Ankle boot");
    assert_eq!(dataset.split("train").unwrap().len(), 2560);
    assert!(labels(&dataset, "validation").contains(&9));
}

/// A set in the form of TensorFlow Datasets, labels 0 to 2.
fn tfds() -> tempfile::TempDir {
    let (folder, image) = (tempfile::tempdir().unwrap(), jpeg(10));
    for (split, count) in [("train", 3), ("test", 1)] {
        let name = format!("pets-{split}.tfrecord-00000-of-00001");
        let mut writer = RecordWriter::create(folder.path().join(name)).unwrap();
        for label in 0..count {
            let example = ExampleBuilder::new()
                .bytes("image", &image)
                .bytes("file_name", b"x.jpg")
                .int64("label", label);
            writer.write(&example.build()).unwrap();
        }
        writer.finish().unwrap();
    }
    save(&folder.path().join("dataset_info.json"), "{}");
    let features =
        r#"{"featuresDict": {"features": {"label": {"classLabel": {"numClasses": "3"}}}}}"#;
    save(&folder.path().join("features.json"), features);
    folder
}

#[test]
fn a_folder_of_tensorflow_datasets_opens() {
    let folder = tfds();
    let numbered = open(folder.path());
    assert_eq!((numbered.layout(), numbered.splits()), (Layout::Tfds, vec!["train", "test"]));
    assert_eq!(numbered.classes(), ["0", "1", "2"]);
    assert_eq!(labels(&numbered, "train"), [0, 1, 2]);
    let mut record = Vec::new();
    let sample = numbered.split("test").unwrap().read(0, &mut record).unwrap();
    assert_eq!(&record[sample.filename], b"x.jpg");
    save(&folder.path().join("label.labels.txt"), "cat\ndog\ncow\n");
    assert_eq!(open(folder.path()).classes(), ["cat", "dog", "cow"]);
}

/// `golden/tfds_layout.py` writes it with TensorFlow.
#[test]
fn records_that_tensorflow_wrote_as_tensorflow_datasets_does_are_read() {
    let dataset = open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tfds"));
    assert_eq!((dataset.layout(), dataset.splits()), (Layout::Tfds, vec!["train", "validation"]));
    assert_eq!(dataset.classes(), ["n01440764", "n01443537", "n01484850"]);
    assert_eq!(labels(&dataset, "train"), [1, 0, 2]);
    let mut record = Vec::new();
    let train = dataset.split("train").unwrap();
    let sample = train.read(2, &mut record).unwrap();
    assert_eq!(&record[sample.filename], b"n01484850_3.JPEG");
    let options = in_order(3, Transform::new(10, Crop::Squash));
    let batch = batches(&Loader::new(train, options).unwrap(), 0, 0).remove(0);
    for (image, level) in levels(&batch).chunks(300).zip([80u8, 40, 120]) {
        assert!(image.iter().all(|found| found.abs_diff(level) <= 1), "{level}: {image:?}");
    }
}

#[test]
fn a_folder_of_tensorflow_datasets_that_is_not_whole_says_what_is_missing() {
    let folder = tfds();
    fs::remove_file(folder.path().join("features.json")).unwrap();
    assert_says(&error(folder.path()), &["label.labels.txt", "set the number of classes"]);
    save(&folder.path().join("features.json"), "{");
    assert_says(&error(folder.path()), &["features.json", "not JSON"]);
    save(&folder.path().join("label.labels.txt"), "cat\ndog\n");
    let images = open(folder.path()).split("train").unwrap();
    let label = images.read(2, &mut Vec::new()).unwrap_err().to_string();
    assert_says(&label, &["pets-train.tfrecord", "record 2", "label 2 is outside 0..=1"]);
    let part = "pets-train.tfrecord-00000-of-00001";
    let moved = folder.path().join("pets-train.tfrecord-00001-of-00002");
    fs::rename(folder.path().join(part), moved).unwrap();
    assert_says(&error(folder.path()), &["1 of 2 shards are missing"]);
}

#[test]
fn records_of_another_schema_name_the_keys_that_are_wanted() {
    let folder = tfds();
    write_shards(folder.path(), "pets-train.tfrecord", 1, &good_records(1));
    let images = open(folder.path()).split("train").unwrap();
    let error = images.read(0, &mut Vec::new()).unwrap_err().to_string();
    assert_says(&error, &["pets-train.tfrecord", "need the keys image (bytes) and label (int64)"]);
}

#[test]
fn folders_of_classes_are_one_split() {
    let root = tempfile::tempdir().unwrap();
    for name in ["dog/1.jpg", "cat/1.png", "cat/2.JPEG", "cat/notes.txt"] {
        save(&root.path().join(name), "");
    }
    let dataset = open(root.path());
    assert_eq!((dataset.layout(), dataset.splits()), (Layout::ClassFolders, vec!["all"]));
    assert_eq!(labels(&dataset, "all"), [0, 0, 1]);
    let options = DatasetOptions { layout: Some(Layout::Shards), ..DatasetOptions::default() };
    let forced = Dataset::open(root.path(), &options).unwrap_err().to_string();
    assert_says(&forced, &["found nothing that is TFRecord shards"]);
}

#[test]
fn folders_of_splits_number_classes_as_the_training_folder() {
    let root = tempfile::tempdir().unwrap();
    for name in ["train/cat/1.jpg", "train/dog/1.jpg", "val/dog/2.jpg", "extra/dog/3.jpg"] {
        save(&root.path().join(name), "");
    }
    // As Kaggle's: images without labels are no split.
    save(&root.path().join("test/1.jpg"), "");
    let listing = root.path().join("listing");
    let options = DatasetOptions { cache: Some(listing), ..DatasetOptions::default() };
    let dataset = Dataset::open(root.path(), &options).unwrap();
    assert_eq!(dataset.layout(), Layout::SplitFolders);
    assert_eq!(dataset.splits(), ["train", "validation", "extra"]);
    assert_eq!((labels(&dataset, "validation"), labels(&dataset, "extra")), (vec![1], vec![1]));
    assert!(root.path().join("listing-val").is_file());

    save(&root.path().join("val/cow/1.jpg"), "");
    assert_says(&error(root.path()), &["val", "\"cow\"", "training classes"]);
    fs::remove_dir_all(root.path().join("val")).unwrap();
    save(&root.path().join("val/1.jpg"), "");
    assert_says(&error(root.path()), &["val has no folders"]);
    fs::remove_dir_all(root.path().join("val")).unwrap();
    for name in ["val/dog/1.jpg", "validation/dog/1.jpg"] {
        save(&root.path().join(name), "");
    }
    assert_says(&error(root.path()), &["validation is there twice"]);
}

#[test]
fn a_manifest_gives_splits_groups_and_weights() {
    let root = tempfile::tempdir().unwrap();
    let list = root.path().join("scans.tsv");
    let text = "path\tlabel\tsplit\tgroup\tweight\na.png\t10\tval\tAnn\t0.5\nb.png\t9\ttrain\tBob\t2\n\
                c.png\t9\ttrain\t\t0\nd.png\t2\ttrain\tBob\t1e1\n";
    save(&list, text);
    let dataset = open(&list);
    assert_eq!(
        (dataset.layout(), dataset.splits()),
        (Layout::Manifest, vec!["train", "validation"])
    );
    assert_eq!(dataset.classes(), ["2", "9", "10"], "numbers are in the order of their values");
    let train = dataset.split("train").unwrap();
    assert_eq!([0, 1, 2].map(|index| train.group(index)), [Some("Bob"), None, Some("Bob")]);
    assert_eq!([0, 1, 2].map(|index| train.weight(index)), [2.0, 0.0, 10.0]);
    let validation = dataset.split("validation").unwrap();
    assert_eq!((validation.group(0), validation.weight(0)), (Some("Ann"), 0.5));
}

#[test]
fn a_manifest_without_these_columns_is_one_split_of_equal_weights() {
    let root = tempfile::tempdir().unwrap();
    let list = root.path().join("scans.csv");
    save(&list, "path,label\na.png,well\nb.png,ill\n");
    let dataset = open(&list);
    assert_eq!(
        (dataset.splits(), dataset.classes()),
        (vec!["all"], &["ill".into(), "well".into()][..])
    );
    let images = dataset.split("all").unwrap();
    assert_eq!((images.group(0), images.weight(0)), (None, 1.0));
}

#[test]
fn a_manifest_of_a_spreadsheet_has_semicolons_and_spaces() {
    let root = tempfile::tempdir().unwrap();
    let list = root.path().join("scans.csv");
    save(
        &list,
        "\u{feff}path; label;group\r\na.png;ill ;p1\r\n\"b;c.png\"; ill;p2\r\nd.png;well;\r\n",
    );
    let dataset = open(&list);
    assert_eq!(dataset.classes(), ["ill", "well"]);
    let images = dataset.split("all").unwrap();
    assert!(images.place(1).ends_with("b;c.png"), "{}", images.place(1));
    assert_eq!([0, 1, 2].map(|index| images.group(index)), [Some("p1"), Some("p2"), None]);
}

#[test]
fn files_that_may_be_meant_for_images_are_told_if_they_would_be_left_out() {
    let root = tempfile::tempdir().unwrap();
    for name in
        ["ill/1.png", "ill/IM0001", "ill/IM0002", "ill/notes.txt", "well/1.png", "well/2.GIF"]
    {
        save(&root.path().join(name), "?");
    }
    let options = DatasetOptions { leave_out: true, ..DatasetOptions::default() };
    let dataset = Dataset::open(root.path(), &options).unwrap();
    let told: Vec<String> = dataset.left_out().iter().map(ToString::to_string).collect();
    let [ill, well] = &told[..] else { panic!("{told:?}") };
    assert_says(ill, &["2 files without an extension (IM0001)", "name DICOM files .dcm"]);
    assert_says(well, &["a file of another kind (2.GIF)", "convert images to PNG or TIFF"]);
    assert!(open(root.path()).left_out().is_empty(), "as torchvision's ImageFolder");

    let scans = tempfile::tempdir().unwrap();
    save(&scans.path().join("ill/IM0001"), "?");
    let error = Dataset::open(scans.path(), &options).unwrap_err().to_string();
    assert_says(&error, &["ill: a file without an extension (IM0001)", "name DICOM files .dcm"]);
}

#[test]
fn a_folder_above_the_data_set_is_told_from_an_empty_class() {
    let options = DatasetOptions { leave_out: true, ..DatasetOptions::default() };
    let root = tempfile::tempdir().unwrap();
    save(&root.path().join("pets/cat/1.jpg"), "?");
    let error = Dataset::open(root.path(), &options).unwrap_err().to_string();
    assert_says(&error, &["pets holds folders instead of images", "name it instead"]);
    for name in ["dog/1.jpg", "old/runs/notes.txt", "none/notes.txt"] {
        save(&root.path().join(name), "?");
    }
    let dataset = Dataset::open(root.path(), &options).unwrap();
    let told: Vec<String> = dataset.left_out().iter().map(ToString::to_string).collect();
    let [none, old, pets] = &told[..] else { panic!("{told:?}") };
    assert_says(none, &["none: no image is in this class folder"]);
    for nested in [old, pets] {
        assert_says(nested, &["folders are in this class folder instead of images"]);
    }
}

#[test]
fn a_manifest_with_a_bad_field_names_line_and_column() {
    let root = tempfile::tempdir().unwrap();
    let list = root.path().join("scans.csv");
    for (text, words) in [
        ("path,label,weight\na,b,1\na,b,-1\n", &["line 3", "\"-1\"", "at least 0"][..]),
        ("path,label,weight\na,b,NaN\n", &["line 2", "\"NaN\""]),
        ("path,label,weight\na,b,inf\n", &["line 2", "\"inf\""]),
        ("path,label,weight\na,b,\n", &["line 2", "column 3 (weight) is empty"]),
        ("path,label,split\na,b,\n", &["line 2", "column 3 (split) is empty"]),
        ("path,label,label\na,b,c\n", &["line 1", "two columns \"label\""]),
    ] {
        save(&list, text);
        assert_says(&error(&list), words);
    }
}

#[test]
fn what_is_no_data_set_says_what_was_found() {
    let root = tempfile::tempdir().unwrap();
    assert_says(&error(root.path()), &["not recognised", "an empty folder"]);
    save(&root.path().join("notes.txt"), "");
    assert_says(&error(root.path()), &["found notes.txt", "Name a folder"]);
    assert_says(&error(&root.path().join("notes.txt")), &["another extension"]);
    assert_says(&error(&root.path().join("absent")), &["cannot look at", "absent"]);
}

#[test]
fn every_layout_says_whether_labels_are_known_without_reading() {
    let folder = tempfile::tempdir().unwrap();
    let root = |name: &str| folder.path().join(name);
    write_shards(&root("shards"), "train", 1, &good_records(2));
    save(&root("classes/cat/1.jpg"), jpeg(10));
    save(&root("splits/train/cat/1.jpg"), jpeg(10));
    save(&root("list/1.jpg"), jpeg(10));
    save(&root("list/list.csv"), "path,label\n1.jpg,cat\n");
    fs::create_dir(root("web")).unwrap();
    crate::web_dataset::tar(&root("web/train-0.tar"), &[("1.jpg", b"?"), ("1.cls", b"0")]);
    for (name, layout, known) in [
        ("shards", Layout::Shards, false),
        ("classes", Layout::ClassFolders, true),
        ("splits", Layout::SplitFolders, true),
        ("list/list.csv", Layout::Manifest, true),
        ("web", Layout::WebDataset, true),
    ] {
        let dataset = open(&root(name));
        assert_eq!(dataset.layout(), layout);
        let images = dataset.split(dataset.splits()[0]).unwrap();
        assert_eq!((images.knows_labels(), images.label(0).unwrap()), (known, 0), "{layout}");
    }
    assert!(SyntheticImages::new(2, 2, 0).knows_labels());
}
