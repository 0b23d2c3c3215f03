//! What the shards and the two JSON files contain.

use std::collections::BTreeMap;
use std::fs;

use resnet_data::prepare::{PrepareOptions, PreparedSplit, Shards};
use resnet_data::{Decoder, Jpeg, RgbImage};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tfrecord_codec::{Compression, Example, RecordReader};

use crate::prepare_support::{
    CLASSES, FakeImageNet, Prepared, files, golden, options, photograph, png, prepared, records,
    run, shards, write,
};

fn reference(options: &PrepareOptions) -> Prepared {
    prepared(|raw| FakeImageNet::new().write_reference(raw), options)
}

#[test]
fn shards_are_the_same_for_any_number_of_threads() {
    let made = [1, 2, 7].map(|threads| {
        let made = prepared(
            |raw| FakeImageNet::new().write_tars(raw_with_labels(raw)),
            &PrepareOptions { threads, ..options() },
        );
        files(made.out.path())
    });
    assert_eq!(made[0].len(), 4 + 2 + 2);
    assert!(made[0] == made[1] && made[0] == made[2]);
}

fn raw_with_labels(raw: &std::path::Path) -> &std::path::Path {
    FakeImageNet::new().write_synset_labels(raw);
    raw
}

#[test]
fn the_seed_decides_the_order_of_training_images_alone() {
    let made = [0, 1].map(|seed| reference(&PrepareOptions { seed, ..options() }));
    let names = |split: &str| {
        made.each_ref().map(|made| {
            let records = records(made.out.path(), split);
            records.into_iter().map(|record| record.filename).collect::<Vec<_>>()
        })
    };
    let [first, second] = names("train");
    assert_ne!(first, second);
    assert!(!first.is_sorted(), "shuffled");
    let [first, second] = names("validation");
    assert_eq!(first, second);
    assert!(first.is_sorted());
}

#[test]
fn images_that_are_rgb_or_grey_jpeg_are_copied_and_the_others_made_so() {
    let fake = FakeImageNet::new();
    let made = reference(&options());
    let raw: BTreeMap<_, _> = fake.train.iter().map(|(_, name, raw)| (name, raw)).collect();
    let mut changed = Vec::new();
    for record in records(made.out.path(), "train") {
        let mut image = RgbImage::default();
        Jpeg::default().decode(&record.jpeg, &mut image).unwrap();
        assert_eq!(record.size, (image.height as i64, image.width as i64));
        if &record.jpeg != raw[&record.filename] {
            changed.push(record);
        }
    }
    changed.sort();
    let names: Vec<&str> = changed.iter().map(|record| record.filename.as_str()).collect();
    assert_eq!(names, ["n02119789_8.JPEG", "n03000684_15.JPEG"]);
    assert_png_kept_its_pixels(&changed[0].jpeg);
    let reencoded = made.report.train.reencoded;
    let mut kinds: Vec<_> = reencoded.iter().map(|r| (&r.file[..], &r.from[..])).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, [("n02119789_8.JPEG", "png"), ("n03000684_15.JPEG", "cmyk")]);
}

/// Transparency is dropped, and quality 100 leaves the colours as they are, nearly.
fn assert_png_kept_its_pixels(jpeg: &[u8]) {
    let original = image::load_from_memory(&png(24, 36)).unwrap().into_rgb8().into_raw();
    let mut image = RgbImage::default();
    Jpeg::default().decode(jpeg, &mut image).unwrap();
    let furthest = std::iter::zip(&original, &image.pixels).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(furthest <= Some(3), "{furthest:?}");
}

#[test]
fn a_cmyk_image_keeps_the_colours_that_pillow_sees() {
    let made = reference(&options());
    let records = records(made.out.path(), "train");
    let record = records.iter().find(|record| record.filename == "n03000684_15.JPEG").unwrap();
    let mut image = RgbImage::default();
    Jpeg::default().decode(&record.jpeg, &mut image).unwrap();
    let pillow = golden("cmyk.rgb");
    assert_eq!(image.pixels.len(), pillow.len());
    let sum: u64 =
        std::iter::zip(&pillow, &image.pixels).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    let mean = sum as f64 / pillow.len() as f64;
    assert!(mean < 1.0, "{mean}");
}

#[test]
fn labels_can_start_at_zero() {
    let made = reference(&PrepareOptions { label_offset: 0, ..options() });
    for record in records(made.out.path(), "") {
        assert_eq!(CLASSES[record.label as usize].0, record.synset);
    }
}

#[test]
fn large_images_are_stored_smaller_and_small_ones_as_they_are() {
    let made = prepared(
        |raw| {
            write(&raw.join("train/a/large.jpg"), &photograph(120, 200, 50));
            write(&raw.join("train/a/small.jpg"), &photograph(40, 90, 60));
            write(&raw.join("val/a/large.png"), &png(100, 64));
        },
        &PrepareOptions {
            short_side: Some(40),
            quality: 80,
            train_shards: Shards::Count(1),
            validation_shards: Shards::Count(1),
            ..options()
        },
    );
    let mut sizes: Vec<_> =
        records(made.out.path(), "").into_iter().map(|r| (r.filename, r.size)).collect();
    sizes.sort();
    let expected = [("large.jpg", (40, 66)), ("large.png", (62, 40)), ("small.jpg", (40, 90))];
    assert_eq!(sizes, expected.map(|(name, size)| (name.to_owned(), size)));
    assert_eq!(made.report.train.made_smaller, 1);
    let validation = &made.report.validation;
    let reencoded: Vec<_> = validation.reencoded.iter().map(|image| image.from.as_str()).collect();
    assert_eq!((validation.made_smaller, &reencoded[..]), (1, &["png"][..]));
    let small = records(made.out.path(), "train").into_iter().find(|r| r.filename == "small.jpg");
    assert_eq!(small.unwrap().jpeg, photograph(40, 90, 60));
}

#[test]
fn shards_can_have_a_size_instead_of_a_number() {
    let total: u64 = FakeImageNet::new().train.iter().map(|image| image.2.len() as u64).sum();
    let options = PrepareOptions { train_shards: Shards::Bytes(total.div_ceil(5)), ..options() };
    assert_eq!(reference(&options).report.plan.train_shards, 5);
    let made = prepared(|raw| FakeImageNet::new().write_tars(raw_with_labels(raw)), &options);
    assert_eq!(made.report.plan.train_shards, 5);
}

#[test]
fn gzip_shards_hold_the_same_records() {
    let plain = reference(&options());
    let packed = reference(&PrepareOptions { compression: Compression::Gzip, ..options() });
    let start = fs::read(&shards(packed.out.path(), "train")[0]).unwrap();
    assert_eq!(start[..2], [0x1f, 0x8b]);
    assert_eq!(records(packed.out.path(), ""), records(plain.out.path(), ""));
}

#[test]
fn bounding_boxes_come_from_the_annotations() {
    let annotations = tempfile::tempdir().unwrap();
    let annotation = |width: u32| {
        format!(
            "<annotation><size><width>{width}</width><height>100</height></size><object><bndbox>\
             <xmin>10</xmin><ymin>20</ymin><xmax>30</xmax><ymax>40</ymax></bndbox></object>\
             </annotation>"
        )
    };
    write(&annotations.path().join("train/n01440764/n01440764_1.xml"), annotation(100).as_bytes());
    write(&annotations.path().join("val/ILSVRC2012_val_00000002.xml"), annotation(50).as_bytes());
    let boxes = Some(annotations.path().to_owned());
    let made = reference(&PrepareOptions { boxes, ..options() });
    let mut found = Vec::new();
    for path in shards(made.out.path(), "") {
        for record in RecordReader::open(path).unwrap().records() {
            let record = record.unwrap();
            let example = Example::parse(&record).unwrap();
            let edges = ["xmin", "ymin", "xmax", "ymax"].map(|edge| {
                let key = format!("image/object/bbox/{edge}");
                example.float_list(&key).unwrap().collect::<Vec<f32>>()
            });
            let labels: Vec<i64> = example.int64_list("image/object/bbox/label").unwrap().collect();
            assert_eq!(labels.len(), edges[0].len());
            if !labels.is_empty() {
                found.push((labels[0], edges.concat()));
            }
        }
    }
    assert_eq!(found, [(1, vec![0.1, 0.2, 0.3, 0.4]), (1, vec![0.2, 0.2, 0.6, 0.4])]);
}

#[test]
fn dataset_json_says_what_was_made_and_from_what() {
    let made = prepared(
        |raw| {
            FakeImageNet::new().write_kaggle(raw);
            write(&raw.join("ILSVRC/Data/CLS-LOC/train/n02119789/notes.txt"), b"no image");
        },
        &options(),
    );
    let text = fs::read_to_string(made.out.path().join("dataset.json")).unwrap();
    assert!(!text.contains(made.raw.path().to_str().unwrap()), "no absolute path");
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["layout"], "kaggle");
    assert_eq!(json["sources"][0], "ILSVRC/Data/CLS-LOC/train");
    assert_eq!(json["sources"][2], "LOC_val_solution.csv");
    assert_eq!(json["ignored_files"], 1);
    assert_eq!(json["train"]["images"], 15);
    assert_eq!(json["train"]["images_per_class"]["n02119789"], 5);
    assert_eq!(json["validation"]["images_per_class"]["n02119789"], 2);
    assert_eq!(json["validation"]["height"]["mean"], 33.0);
    assert_eq!(json["validation"]["width"]["max"], 50);
    for split in ["train", "validation"] {
        for shard in json[split]["shards"].as_array().unwrap() {
            let content = fs::read(made.out.path().join(shard["name"].as_str().unwrap())).unwrap();
            assert_eq!(shard["bytes"], content.len());
            let sum: String = Sha256::digest(&content).iter().map(|b| format!("{b:02x}")).collect();
            assert_eq!(shard["sha256"], sum.as_str());
        }
    }
}

#[test]
fn mean_and_deviation_are_those_of_all_decoded_pixels() {
    let made = reference(&options());
    let (mut levels, mut count) = (Vec::new(), 0.0);
    for record in records(made.out.path(), "validation") {
        let mut image = RgbImage::default();
        Jpeg::default().decode(&record.jpeg, &mut image).unwrap();
        count += (image.height * image.width) as f64;
        levels.extend(image.pixels);
    }
    let red = || levels.iter().step_by(3).map(|&level| f64::from(level) / 255.0);
    let mean = red().sum::<f64>() / count;
    let deviation = (red().map(|level| (level - mean).powi(2)).sum::<f64>() / count).sqrt();
    let report = made.report.validation;
    assert!((report.mean.unwrap()[0] - mean).abs() < 1e-9);
    assert!((report.std.unwrap()[0] - deviation).abs() < 1e-9);
}

#[test]
fn without_verifying_the_shards_are_the_same_and_nothing_is_measured() {
    let (checked, quick) =
        (reference(&options()), reference(&PrepareOptions { verify: false, ..options() }));
    assert_eq!(records(quick.out.path(), ""), records(checked.out.path(), ""));
    assert_eq!(quick.report.validation.mean, None);
    assert_eq!(quick.report.validation.height, checked.report.validation.height);
}

#[test]
fn fewer_images_can_be_measured_and_all_are_checked() {
    let of = |measure| reference(&PrepareOptions { measure, ..options() }).report.validation;
    let (all, some, none) = (of(50_000), of(1), of(0));
    assert_eq!((all.images, &all.height), (some.images, &some.height));
    assert!(some.mean.is_some() && some.mean != all.mean);
    let pixels = |report: &PreparedSplit| {
        report.shards.iter().map(|shard| shard.sums.levels.pixels).sum::<u64>()
    };
    // Images that are re-encoded have pixels anyway.
    assert!(pixels(&none) < pixels(&some) && pixels(&some) < pixels(&all));
}

#[test]
fn a_finished_folder_is_left_as_it_is() {
    let made = reference(&options());
    let before = files(made.out.path());
    let again = run(made.raw.path(), made.out.path(), &options()).unwrap();
    assert_eq!(again, made.report);
    assert!(before == files(made.out.path()));
}

#[test]
fn of_a_png_of_16_bits_the_upper_8_are_kept() {
    let grey = image::ImageBuffer::from_fn(16, 16, |_, _| image::Luma([0x7f_ff_u16]));
    let mut png = std::io::Cursor::new(Vec::new());
    grey.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let made = prepared(
        |raw| {
            write(&raw.join("train/a/grey.png"), png.get_ref());
            write(&raw.join("val/a/grey.png"), png.get_ref());
        },
        &PrepareOptions {
            train_shards: Shards::Count(1),
            validation_shards: Shards::Count(1),
            ..options()
        },
    );
    let mut image = RgbImage::default();
    Jpeg::default().decode(&records(made.out.path(), "train")[0].jpeg, &mut image).unwrap();
    assert!(image.pixels.iter().all(|&level| level == 0x7f));
}
