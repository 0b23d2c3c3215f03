//! The program `dataset` as a person or a script runs it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Output;

use resnet::data::{Dataset, DatasetOptions, GroupBy, LabelPolicy, Split};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

use crate::support::{example, record_with_image, records, stderr, stdout, write_shard};
use crate::wardrobe::sample_jpegs;

fn dataset(arguments: &[&str]) -> Output {
    example("dataset", arguments)
}

/// The document of a run with `--json` that succeeded.
fn answer(arguments: &[&str]) -> Value {
    let output = dataset(&[&["--json"], arguments].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    document(&output)
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("one JSON document")
}

/// Asserts that a run failed without having been called wrongly, and returns its complaint.
fn complaint(arguments: &[&str]) -> String {
    let output = dataset(arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", stdout(&output));
    stderr(&output)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// Files of these names below a new folder, each another JPEG.
fn files(names: &[&str]) -> TempDir {
    let folder = tempdir().expect("a folder");
    for (name, (_, jpeg)) in names.iter().zip(sample_jpegs(Split::Train)) {
        write(&folder.path().join(name), &jpeg);
    }
    folder
}

fn write(path: &Path, content: &[u8]) {
    fs::create_dir_all(path.parent().expect("it has a folder")).expect("a folder");
    fs::write(path, content).expect("the file is written");
}

/// Two patients with two scans each of two classes, and two patients more.
fn scans() -> TempDir {
    let names: Vec<String> = ["ill", "well"]
        .iter()
        .flat_map(|class| (0..6).map(move |n| format!("{class}/{}{}_{n}.jpg", &class[..1], n / 2)))
        .collect();
    files(&names.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn info_of_the_bundled_sample_needs_no_path() {
    let found = answer(&["info"]);
    assert_eq!(found["classes"].as_array().map(Vec::len), Some(10));
    let train = &found["splits"][0];
    assert_eq!((&train["name"], &train["images"]), (&json!("train"), &json!(2560)));
    assert_eq!(train["images_per_class"], json!(vec![256; 10]));
    assert_eq!((&train["width"]["median"], &train["grey"]), (&json!(28), &json!(2560)));
    assert_eq!(found["findings"], json!([]));

    let output = dataset(&["info"]);
    let said = stdout(&output);
    for words in ["TFRecord shards, 10 classes", "2560 JPEG", "Ankle boot", "Nothing is wrong."] {
        assert!(said.contains(words), "{words:?} is not in {said}");
    }
    assert!(stderr(&output).contains("bundled sample"));
}

#[test]
fn info_names_what_is_wrong_across_splits() {
    let root = files(&["train/a/1.jpg", "train/a/2.jpg", "train/b/3.jpg", "train/b/4.jpg"]);
    let copy = |from: &str, to: &str| {
        let content = fs::read(root.path().join(from)).expect("it is there");
        write(&root.path().join(to), &content);
    };
    copy("train/a/1.jpg", "val/a/5.jpg");
    copy("train/b/3.jpg", "val/a/6.jpg");
    copy("train/b/4.jpg", "val/b/7.jpg");
    write(&root.path().join("val/b/bad.jpg"), b"text");
    let found = answer(&["info", text(root.path())]);
    let sets = found["duplicates"].as_array().expect("a list");
    let contradicting: Vec<bool> = sets.iter().map(|set| set["contradicting"] == true).collect();
    assert_eq!(contradicting, [false, true, false]);
    assert!(sets.iter().all(|set| set["across_splits"] == true));
    let said = stdout(&dataset(&["info", text(root.path())]));
    for words in [
        "bad.jpg: bytes that do not begin like an image",
        "the same picture is in",
        "accuracy there would be too good. Remove all copies but one. 2 more of this kind",
        "3.jpg: labelled b, and the same picture is in",
    ] {
        assert!(said.contains(words), "{words:?} is not in {said}");
    }
}

#[test]
fn verify_lists_every_bad_image_and_fails() {
    let root = files(&["a/1.jpg", "a/3.jpg", "b/2.jpg", "b/4.jpg"]);
    assert_eq!(answer(&["verify", text(root.path())])["findings"], json!([]));
    let (_, jpeg) = sample_jpegs(Split::Train).next().expect("an image");
    write(&root.path().join("a/cut.jpg"), &jpeg[..300]);
    write(&root.path().join("b/empty.jpg"), b"");

    let output = dataset(&["verify", "--json", text(root.path())]);
    assert_eq!(output.status.code(), Some(1));
    let bad = document(&output)["bad"].clone();
    let places: Vec<&str> =
        bad.as_array().expect("a list").iter().filter_map(|bad| bad["place"].as_str()).collect();
    assert_eq!(places.len(), 2);
    assert!(places[0].ends_with("cut.jpg") && places[1].ends_with("empty.jpg"), "{places:?}");
    let said = stdout(&dataset(&["verify", text(root.path())]));
    assert!(
        said.contains("6 images, 2 bad") && said.contains("empty.jpg: an empty file"),
        "{said}"
    );
}

#[test]
fn verify_lists_everything_that_is_wrong_at_once() {
    let root = files(&["1.jpg", "2.jpg", "3.jpg", "4.jpg"]);
    fs::copy(root.path().join("1.jpg"), root.path().join("copy.jpg")).expect("copied");
    write(&root.path().join("bad.jpg"), b"text");
    let manifest = root.path().join("list.csv");
    let lines = "path,label,split,group\n1.jpg,ill,train,p1\n2.jpg,ill,train,p2\n3.jpg,well,train,p3\n\
                 4.jpg,,train,p4\n4.jpg,well,train,p4\n4.jpg,ill,train,p4\ncopy.jpg,well,test,p1\n\
                 gone.jpg,well,test,p5\nbad.jpg,ill,test,p6\n";
    write(&manifest, lines.as_bytes());
    let said = complaint_on_stdout(&["verify", text(&manifest)]);
    for words in [
        "7 images, 2 bad",
        "line 5: column 2 (label) is empty or missing. Fill it in",
        "line 7: \"4.jpg\" has the label \"ill\" here and \"well\" in line 6",
        "1.jpg: labelled ill, and the same picture is in",
        "group \"p1\": has images in test (1) and train (1)",
        "test: all images are of the class well",
        "gone.jpg: cannot read",
        "bad.jpg: bytes that do not begin like an image",
    ] {
        assert!(said.contains(words), "{words:?} is not in {said}");
    }
    let said = stdout(&dataset(&["info", text(&manifest)]));
    for words in ["line 5: column 2 (label)", "1 more of this kind", "gone.jpg: cannot be read"] {
        assert!(said.contains(words), "{words:?} is not in {said}");
    }
}

/// What a run said that found something wrong.
fn complaint_on_stdout(arguments: &[&str]) -> String {
    let output = dataset(arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", stderr(&output));
    stdout(&output)
}

#[test]
fn quarantine_moves_bad_files_under_their_names_and_overwrites_nothing() {
    let root = files(&["a/1.jpg", "a/3.jpg", "b/2.jpg", "b/4.jpg"]);
    write(&root.path().join("a/bad.jpg"), b"text");
    let inside = root.path().join("new/bad");
    let said = complaint(&["verify", text(root.path()), "--quarantine", text(&inside)]);
    assert!(said.contains("choose another --quarantine") && !inside.exists(), "{said}");
    let away = tempdir().expect("a folder");
    let arguments = ["verify", text(root.path()), "--quarantine", text(away.path())];
    write(&away.path().join("a/bad.jpg"), b"precious");
    assert!(complaint(&arguments).contains("nothing is overwritten"));
    assert!(root.path().join("a/bad.jpg").exists());

    fs::remove_dir_all(away.path().join("a")).expect("removed");
    let output = dataset(&[&["--json"], &arguments[..]].concat());
    assert_eq!(output.status.code(), Some(1), "there were bad images");
    assert_eq!(document(&output)["moved"].as_array().map(Vec::len), Some(1));
    assert_eq!(fs::read(away.path().join("a/bad.jpg")).expect("moved"), b"text");
    assert!(!root.path().join("a/bad.jpg").exists());
    assert!(dataset(&["verify", text(root.path())]).status.success());
}

#[test]
fn a_bad_image_in_a_shard_is_named_by_record_and_moves_nowhere() {
    let folder = tempdir().expect("a folder");
    let bad = [records(2), vec![record_with_image(b"no image", 1)]].concat();
    write_shard(folder.path(), "train", &bad);
    let arguments = ["verify", text(folder.path())];
    let said = stdout(&dataset(&arguments));
    assert!(said.contains("train-00000-of-00001, record 2 at byte"), "{said}");
    let away = folder.path().join("away");
    let said = complaint(&[&arguments[..], &["--quarantine", text(&away)]].concat());
    assert!(said.contains("record 2") && said.contains("tfrecord repair"), "{said}");
    assert!(!away.exists());
}

/// Splits by the groups of the images, from a manifest.
fn splits_of_groups(
    manifest: &Path,
    options: &DatasetOptions,
) -> BTreeMap<String, BTreeSet<String>> {
    let dataset = Dataset::open(manifest, options).expect("it opens");
    let mut splits: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for name in dataset.splits() {
        let source = dataset.split(name).expect("it is listed");
        for index in 0..source.len() {
            let group = source.group(index).expect("it has one").to_owned();
            splits.entry(group).or_default().insert(name.to_owned());
        }
    }
    splits
}

#[test]
fn split_writes_a_manifest_in_which_no_patient_is_in_two_splits() {
    let root = scans();
    let fractions = ["--fractions", "train=0.34,validation=0.33,test=0.33"];
    let arguments = [&["split", text(root.path()), "--group-until", "_"], &fractions[..]].concat();
    let found = answer(&arguments);
    assert_eq!(found["missing"], json!([]));
    for split in ["train", "validation", "test"] {
        assert_eq!(found["splits"][split]["classes"], json!({ "ill": 2, "well": 2 }));
    }
    let manifest = root.path().join("split.csv");
    let groups = splits_of_groups(&manifest, &DatasetOptions::default());
    assert_eq!(groups.len(), 6);
    assert!(groups.values().all(|splits| splits.len() == 1), "{groups:?}");
    assert_eq!(answer(&["info", text(&manifest)])["shared_groups"], json!([]));

    let first = fs::read(&manifest).expect("it is there");
    assert!(complaint(&arguments).contains("nothing is overwritten"));
    assert_eq!(fs::read(&manifest).expect("it is there"), first);
    let again = root.path().join("again.csv");
    answer(&[&arguments[..], &["--output", text(&again)]].concat());
    assert_eq!(fs::read(&again).expect("it is there"), first, "the same seed");
}

#[test]
fn split_leaves_the_splits_to_keep_as_they_are() {
    let names: Vec<String> = ["train", "val", "test"]
        .iter()
        .flat_map(|split| (0..20).map(move |n| format!("{split}/{}/{n}.jpg", ["a", "b"][n % 2])))
        .collect();
    let root = files(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let split = ["split", text(root.path()), "--keep", "test"];
    let found = answer(&split);
    assert_eq!((&found["missing"], &found["torn_groups"]), (&json!([]), &Value::Null));
    // 8 to 1 of the 40 others.
    for (split, images) in [("train", 36), ("validation", 4), ("test", 20)] {
        assert_eq!(found["splits"][split]["images"], images, "{split}");
    }
    let written = fs::read_to_string(root.path().join("split.csv")).expect("written");
    let is_test = |line: &&str| line.starts_with("test/") || line.ends_with(",test");
    for line in written.lines().filter(is_test) {
        assert!(line.starts_with("test/") && line.ends_with(",test"), "{line}");
    }
    let elsewhere = root.path().join("other.csv");
    let both = ["split", text(root.path()), "--keep", "val,test", "--output", text(&elsewhere)];
    assert_eq!(answer(&both)["splits"]["train"]["images"], 20, "all that is left");
    for (more, words) in [
        (["--keep", "exam"], "--keep exam: the splits are train, validation, test"),
        (["--keep", "train,val,test"], "nothing is left to divide"),
    ] {
        let said = complaint(&[&["split", text(root.path())], &more[..]].concat());
        assert!(said.contains(words), "{said}");
    }
    let twice = ["--fractions", "train=0.5,test=0.5"];
    let said = complaint(&[&split[..], &twice].concat());
    assert!(said.contains("test stays by --keep: leave it out of --fractions"), "{said}");
}

#[test]
fn split_tells_of_a_patient_in_a_split_that_stays_and_in_another() {
    let root = files(&["1.jpg", "2.jpg", "3.jpg", "4.jpg", "5.jpg"]);
    let manifest = root.path().join("list.csv");
    let lines = "path,label,split,group\n1.jpg,a,train,p1\n2.jpg,b,train,p2\n3.jpg,a,train,p3\n\
                 4.jpg,b,train,p4\n5.jpg,a,test,p3\n";
    write(&manifest, lines.as_bytes());
    let output = root.path().join("split.csv");
    let split = ["split", text(&manifest), "--keep", "test", "--output", text(&output)];
    let torn = answer(&split)["torn_groups"].as_str().expect("a sentence").to_owned();
    assert!(torn.starts_with("1 groups") && torn.contains("such as p3"), "{torn}");
}

#[test]
fn split_keeps_what_a_manifest_says_and_groups_by_any_of_its_columns() {
    let root = scans();
    let mut lines = "path,edema,mass,patient,weight,split,note\n".to_owned();
    for n in 0..6 {
        let (edema, mass, patient) = (n % 2, u8::from(n < 3), n / 2);
        lines += &format!("ill/i{patient}_{n}.jpg,{edema},{mass},p{patient},0.5,old,\"a, b\"\n");
        lines += &format!("well/w{patient}_{n}.jpg,0,-1,q{patient},1,old,\n");
    }
    let manifest = root.path().join("list.csv");
    write(&manifest, lines.as_bytes());
    let again = root.path().join("again.csv");
    let labels = ["--labels", "edema,mass", "--uncertain", "ignore", "--group", "patient"];
    let fractions = ["--fractions", "train=0.34,validation=0.33,test=0.33"];
    let split = ["split", text(&manifest), "--output", text(&again)];
    answer(&[&split[..], &labels, &fractions].concat());
    let written = fs::read_to_string(&again).expect("written");
    assert!(written.starts_with("path,edema,mass,patient,weight,note,split\n"), "{written}");
    for line in ["ill/i0_1.jpg,1,1,p0,0.5,\"a, b\",", "well/w2_4.jpg,0,-1,q2,1,,"] {
        assert!(written.contains(line), "{line} is not in {written}");
    }
    let options = DatasetOptions {
        group: Some(GroupBy::Column("patient".to_owned())),
        labels: ["edema", "mass"].map(str::to_owned).to_vec(),
        uncertain: Some(LabelPolicy::Ignore),
        ..DatasetOptions::default()
    };
    let groups = splits_of_groups(&again, &options);
    assert_eq!(groups.len(), 6);
    assert!(groups.values().all(|splits| splits.len() == 1), "{groups:?}");
    let read_again = [&["info", text(&again)], &labels[..]].concat();
    assert_eq!(answer(&read_again)["shared_groups"], json!([]));
    let said = stdout(&dataset(&read_again));
    assert!(!said.contains("remove the class"), "{said}");
    let both = [&split[..], &labels, &["--group-until", "_"]].concat();
    assert_eq!(dataset(&both).status.code(), Some(2));
}

#[test]
fn split_says_which_class_is_too_small_and_that_shards_are_not_split() {
    let root = files(&["a/1.jpg", "a/2.jpg", "b/3.jpg", "b/4.jpg", "b/5.jpg"]);
    let said = stdout(&dataset(&["split", text(root.path())]));
    assert!(said.contains("has no image of a, which has 2 images or groups"), "{said}");
    assert!(complaint(&["split"]).contains("a split is a list of files"));
    let wrong = dataset(&["split", text(root.path()), "--fractions", "train=0.5"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(stderr(&wrong).contains("must add up to 1"));
}

/// Rows and columns of pixels of a PNG file.
fn size_of_png(path: &Path) -> (u32, u32) {
    let file = fs::read(path).expect("it is there");
    let number = |at: usize| {
        u32::from_be_bytes(file[at..at + 4].try_into().expect("four bytes of the header"))
    };
    assert!(file.starts_with(b"\x89PNG"));
    (number(20), number(16))
}

#[test]
fn sample_draws_what_training_and_evaluation_see() {
    let folder = tempdir().expect("a folder");
    let sheet = |name: &str, more: &[&str]| {
        let path = folder.path().join(name);
        let found = answer(&[&["sample", "--rows", "3", "--output", text(&path)], more].concat());
        assert_eq!(found["rows"].as_array().map(Vec::len), Some(3));
        path
    };
    let train = sheet("train.png", &["--versions", "5"]);
    assert_eq!(size_of_png(&train), (2 + 3 * 30, 2 + 6 * 30));
    let other = sheet("other.png", &["--versions", "5", "--seed", "9"]);
    assert_ne!(fs::read(&train).expect("there"), fs::read(&other).expect("there"));
    let again = sheet("again.png", &["--versions", "5"]);
    assert_eq!(fs::read(&train).expect("there"), fs::read(&again).expect("there"));
    let eval = sheet("eval.png", &["--eval", "--split", "validation", "--size", "56"]);
    assert_eq!(size_of_png(&eval), (2 + 3 * 58, 2 + 2 * 58));

    assert!(complaint(&["sample", "--output", text(&train)]).contains("nothing is overwritten"));
    let said = complaint(&["sample", "--split", "test", "--output", "never.png"]);
    assert!(said.contains("the splits are train, validation"), "{said}");
}

#[test]
fn a_path_that_is_no_data_set_says_what_is_there() {
    let folder = tempdir().expect("a folder");
    write(&folder.path().join("notes.txt"), b"");
    for command in ["info", "verify", "split", "sample"] {
        let said = complaint(&[command, text(folder.path())]);
        assert!(said.contains("notes.txt"), "{command}: {said}");
    }
}
