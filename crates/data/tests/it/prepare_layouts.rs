//! The same images give the same records, in whatever layout they lie.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use resnet_data::prepare::{PrepareOptions, RawLayout, Shards};
use resnet_data::{Crop, ImageRecords, LabelRange, Loader, Source, Split, Transform};
use tfrecord_codec::{Example, FeatureKind, RecordReader};

use crate::prepare_support::{
    CLASSES, FakeImageNet, golden, options, prepared, records, shards, sorted, tar_of, write,
};
use crate::support::{batches, in_order};

type Write = fn(&FakeImageNet, &Path);

const LAYOUTS: [(&str, RawLayout, Write); 8] = [
    ("archives and labels", RawLayout::Tars, |fake, raw| {
        fake.write_tars(raw);
        fake.write_synset_labels(raw);
    }),
    ("archives and development kit", RawLayout::Tars, |fake, raw| {
        fake.write_tars(raw);
        fake.write_devkit_archive(raw);
    }),
    ("archives and unpacked development kit", RawLayout::Tars, |fake, raw| {
        fake.write_tars(raw);
        fake.write_devkit(raw);
    }),
    ("reference", RawLayout::Reference, |fake, raw| fake.write_reference(raw)),
    ("flat val/ and development kit", RawLayout::Reference, |fake, raw| {
        fake.write_train(raw);
        fake.write_flat_validation(&raw.join("val"));
        fake.write_devkit(raw);
    }),
    ("Kaggle", RawLayout::Kaggle, |fake, raw| fake.write_kaggle(raw)),
    ("Kaggle's inner folder", RawLayout::Kaggle, |fake, raw| {
        let inner = tempfile::tempdir().unwrap();
        fake.write_kaggle(inner.path());
        fs::rename(inner.path().join("ILSVRC/Data"), raw.join("Data")).unwrap();
        let solution = "LOC_val_solution.csv";
        fs::rename(inner.path().join(solution), raw.join(solution)).unwrap();
    }),
    ("ImageFolder", RawLayout::SplitFolders, |fake, raw| fake.write_image_folder(raw)),
];

#[test]
fn every_layout_is_recognised_and_gives_the_same_records() {
    let fake = FakeImageNet::new();
    let mut expected = None;
    for (name, layout, write) in LAYOUTS {
        let made = prepared(|raw| write(&fake, raw), &options());
        assert_eq!(made.report.layout, layout, "{name}");
        let found = ["train", "validation"].map(|split| sorted(records(made.out.path(), split)));
        assert_eq!((found[0].len(), found[1].len()), (15, 6), "{name}");
        assert!(&found == expected.get_or_insert_with(|| found.clone()), "{name} differs");
    }
}

#[test]
fn labels_are_places_in_sorted_order_whatever_the_development_kit_numbers() {
    let fake = FakeImageNet::new();
    let made = prepared(
        |raw| {
            fake.write_tars(raw);
            fake.write_devkit(raw);
        },
        &options(),
    );
    let records = records(made.out.path(), "validation");
    for (record, (class, name, _)) in records.iter().zip(&fake.validation) {
        assert_eq!(&record.filename, name, "validation keeps the order of its names");
        assert_eq!(record.synset, CLASSES[*class].0);
        assert_eq!(record.label, *class as i64 + 1);
    }
}

#[test]
fn records_have_the_keys_types_and_values_of_the_reference() {
    let made = prepared(|raw| FakeImageNet::new().write_reference(raw), &options());
    let shards = shards(made.out.path(), "");
    let names: Vec<_> =
        shards.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names[0], "train-00000-of-00004");
    assert_eq!(names[5], "validation-00001-of-00002");
    let record = RecordReader::open(&shards[0]).unwrap().records().next().unwrap().unwrap();
    let example = Example::parse(&record).unwrap();
    let kinds: Vec<_> = example.iter().map(|(key, feature)| (key, feature.kind())).collect();
    let (bytes, int64) = (FeatureKind::Bytes, FeatureKind::Int64);
    assert_eq!(
        kinds,
        [
            ("image/channels", int64),
            ("image/class/label", int64),
            ("image/class/synset", bytes),
            ("image/colorspace", bytes),
            ("image/encoded", bytes),
            ("image/filename", bytes),
            ("image/format", bytes),
            ("image/height", int64),
            ("image/width", int64),
        ]
    );
    assert_eq!(example.int64("image/channels").unwrap(), 3);
    assert_eq!(example.bytes("image/colorspace").unwrap(), b"RGB");
    assert_eq!(example.bytes("image/format").unwrap(), b"JPEG");
}

#[test]
fn the_loader_reads_what_was_prepared() {
    let made = prepared(|raw| FakeImageNet::new().write_kaggle(raw), &options());
    for (split, images) in [(Split::Train, 15), (Split::Validation, 6)] {
        let source = ImageRecords::open(made.out.path(), split, LabelRange::imagenet(3)).unwrap();
        assert_eq!(source.len(), images);
        let transform = Transform::new(24, Crop::ResizeCenterCrop { resize: 24 });
        let loader = Loader::new(Arc::new(source), in_order(5, transform)).unwrap();
        let loaded = batches(&loader, 0, 0);
        assert_eq!(loaded.iter().flat_map(|batch| &batch.weights).sum::<f32>(), images as f32);
    }
}

#[test]
fn classes_carry_their_words_where_a_list_has_them() {
    let classes = |write: &dyn Fn(&Path)| {
        let made = prepared(write, &options());
        fs::read_to_string(made.out.path().join("classes.json")).unwrap()
    };
    let fake = FakeImageNet::new();
    let words = classes(&|raw| fake.write_kaggle(raw));
    let from_kit = classes(&|raw| {
        fake.write_tars(raw);
        fake.write_devkit_archive(raw);
    });
    assert_eq!(words, from_kit);
    assert!(
        words.starts_with(
            "[\n  {\n    \"id\": \"n01440764\",\n    \"name\": \"tench, Tinca tinca\""
        )
    );
    assert!(classes(&|raw| fake.write_image_folder(raw)).contains("\"name\": \"n03000684\""));
}

#[test]
fn a_plain_matlab_file_is_as_good_as_a_compressed_one() {
    let made = prepared(
        |raw| {
            FakeImageNet::new().write_tars(raw);
            FakeImageNet::new().write_devkit(raw);
            let meta = raw.join("ILSVRC2012_devkit_t12/data/meta.mat");
            fs::write(meta, golden("meta-plain.mat")).unwrap();
        },
        &options(),
    );
    assert_eq!(records(made.out.path(), "validation").len(), 6);
}

#[test]
fn archives_of_other_programs_are_read_as_well() {
    // Python's tarfile writes pax headers, GNU tar long names as members of their own.
    let fake = FakeImageNet::new();
    let long = format!("{}.JPEG", "x".repeat(150));
    let mut pax = tar::Builder::new(Vec::new());
    let path = format!("path={long}\n");
    let record = format!("{} {path}", path.len() + 4);
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(tar::EntryType::XHeader);
    header.set_size(record.len() as u64);
    pax.append_data(&mut header, "PaxHeaders/x", record.as_bytes()).unwrap();
    let mut header = tar::Header::new_ustar();
    header.set_size(fake.train[0].2.len() as u64);
    pax.append_data(&mut header, "shortened.JPEG", &fake.train[0].2[..]).unwrap();
    for inner in [pax.into_inner().unwrap(), tar_of([(&long[..], &fake.train[0].2[..])])] {
        let made = prepared(
            |raw| {
                let train = tar_of([("./n01440764.tar", &inner[..])]);
                fs::write(raw.join("ILSVRC2012_img_train.tar"), train).unwrap();
                let validation = tar_of([("val/a.JPEG", &fake.train[2].2[..])]);
                fs::write(raw.join("ILSVRC2012_img_val.tar"), validation).unwrap();
                fs::write(raw.join("synset_labels.txt"), "n01440764\n").unwrap();
            },
            &PrepareOptions {
                train_shards: Shards::Count(1),
                validation_shards: Shards::Count(1),
                ..options()
            },
        );
        assert_eq!(records(made.out.path(), "train")[0].filename, long);
        assert_eq!(records(made.out.path(), "validation")[0].filename, "a.JPEG");
    }
}

#[test]
fn of_several_layouts_the_archives_come_before_folders_unless_one_is_named() {
    let fake = FakeImageNet::new();
    let both = |raw: &Path| {
        fake.write_tars(raw);
        fake.write_reference(raw);
    };
    assert_eq!(prepared(both, &options()).report.layout, RawLayout::Tars);
    let named = PrepareOptions { layout: Some(RawLayout::Reference), ..options() };
    assert_eq!(prepared(both, &named).report.layout, RawLayout::Reference);
}

#[test]
fn hidden_files_are_passed_over_and_other_files_are_counted() {
    let made = prepared(
        |raw| {
            FakeImageNet::new().write_image_folder(raw);
            write(&raw.join("train/n01440764/.hidden.jpg"), b"");
            write(&raw.join("train/.cache/a.jpg"), b"");
            write(&raw.join("val/n01440764/Thumbs.db"), b"");
        },
        &options(),
    );
    assert_eq!((made.report.train.images, made.report.ignored_files), (15, 1));
}

#[test]
fn a_stray_folder_among_flat_validation_images_does_not_make_it_a_class() {
    let made = prepared(
        |raw| {
            FakeImageNet::new().write_reference(raw);
            write(&raw.join("validation/.thumbnails/a.png"), b"");
            write(&raw.join("validation/notes/a.txt"), b"");
        },
        &options(),
    );
    assert_eq!(made.report.layout, RawLayout::Reference);
    assert_eq!((made.report.validation.images, made.report.ignored_files), (6, 1));
}
