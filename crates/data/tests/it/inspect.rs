//! What is told of a data set.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use resnet_data::inspect::{
    Format, InspectError, InspectOptions, InspectSplit, Quantiles, Report, inspect,
};
use resnet_data::{DecodeError, Decoder, ImageRecords, LabelRange, RgbImage, Split};

use crate::inspect_support::{Content, Stored, encoded, even, names, report, split};
use crate::support::{assert_says, jpeg};

const RED: [u8; 3] = [255, 0, 0];
const GREY: [u8; 3] = [51, 51, 51];

/// The bundled sample's splits.
fn sample() -> Vec<InspectSplit> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/fashion-mnist");
    let open =
        |split| Arc::new(ImageRecords::open(&folder, split, LabelRange::imagenet(10)).unwrap());
    vec![
        InspectSplit { name: "train".to_owned(), source: open(Split::Train) },
        InspectSplit { name: "validation".to_owned(), source: open(Split::Validation) },
    ]
}

fn of_sample(threads: usize) -> Report {
    let classes: Vec<String> = (0..10).map(|class| class.to_string()).collect();
    let options = InspectOptions { threads, ..InspectOptions::default() };
    inspect(&sample(), &classes, &options, &|| ControlFlow::Continue(())).unwrap()
}

#[test]
fn classes_sizes_and_formats_are_counted() {
    let images = vec![even(0, RED), even(1, [1, 2, 3]), even(1, GREY), encoded(1, &jpeg(9))];
    let report = report(&[split("train", images)]);
    let train = &report.splits[0];
    assert_eq!((train.images, &train.images_per_class[..]), (4, &[1, 3][..]));
    assert_eq!(train.imbalance, Some(3.0));
    let sides = Quantiles { min: 4, q25: 4, median: 4, q75: 4, max: 16 };
    assert_eq!((train.width, train.height), (Some(sides), Some(sides)));
    assert_eq!(train.bytes.unwrap().min, 48);
    assert_eq!(train.formats, [(Format::Jpeg, 1), (Format::Rgb, 3)].into());
    assert_eq!(train.grey, 2);
}

#[test]
fn means_and_deviations_are_those_of_all_pixels() {
    let report = report(&[split("train", vec![even(0, RED), even(1, GREY)])]);
    let near = |found: Option<[f64; 3]>, wanted: [f64; 3]| {
        std::iter::zip(found.unwrap(), wanted).all(|(a, b)| (a - b).abs() < 1e-12)
    };
    assert!(near(report.splits[0].mean, [0.6, 0.1, 0.1]), "{:?}", report.splits[0].mean);
    assert!(near(report.splits[0].std, [0.4, 0.1, 0.1]), "{:?}", report.splits[0].std);
}

#[test]
fn the_report_is_the_same_for_any_number_of_threads() {
    let alone = of_sample(1);
    assert_eq!(alone, of_sample(7));
    assert_eq!(alone.splits[0].images_per_class, [256; 10]);
    assert_eq!(alone.splits[1].images_per_class, [60; 10]);
    assert_eq!(alone.splits[0].grey, 2560);
}

#[test]
fn a_report_is_the_same_after_json() {
    let images = vec![even(0, RED), even(1, RED), encoded(1, b"no image")];
    let report = report(&[split("train", images)]);
    let json = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
}

#[test]
fn bad_images_are_listed_with_reasons_and_the_others_are_looked_at() {
    let missing = Stored { label: 0, content: Content::Missing, group: None };
    let images = vec![missing, encoded(1, b"no image"), even(2, RED), even(1, GREY)];
    let train = &report(&[split("train", images)]).splits[0];
    assert_eq!((train.images, train.good(), train.bad.len()), (4, 1, 3));
    assert_says(&train.bad[0].reason, &["cannot read image-0", "not found"]);
    assert_eq!((train.bad[0].image.label, train.bad[1].image.label), (None, Some(1)));
    assert_says(&train.bad[1].reason, &["where an image is expected: JPEG"]);
    assert_says(&train.bad[2].reason, &["label 2 is none of the 2 classes"]);
    assert_eq!(train.images_per_class, [0, 1]);
}

#[test]
fn a_decoder_that_panics_is_a_reason_too() {
    struct Panics;
    impl Decoder for Panics {
        fn decode(&self, _: &[u8], _: &mut RgbImage) -> Result<(), DecodeError> {
            panic!("index out of bounds")
        }
    }
    let options = InspectOptions { threads: 2, decoder: Arc::new(Panics) };
    let splits = [split("train", vec![encoded(0, b"x"), even(0, RED)])];
    let report =
        inspect(&splits, &names(&["cat"]), &options, &|| ControlFlow::Continue(())).unwrap();
    assert_says(&report.splits[0].bad[0].reason, &["panicked: index out of bounds"]);
    assert_eq!(report.splits[0].good(), 1);
}

#[test]
fn progress_is_told_of_each_image_and_can_stop() {
    let told = AtomicUsize::new(0);
    let splits = [split("train", vec![even(0, RED); 50])];
    let options = InspectOptions { threads: 3, ..InspectOptions::default() };
    let count = || {
        told.fetch_add(1, Ordering::Relaxed);
        ControlFlow::Continue(())
    };
    inspect(&splits, &names(&["cat"]), &options, &count).unwrap();
    assert_eq!(told.load(Ordering::Relaxed), 50);
    let stop = || ControlFlow::Break(());
    let stopped = inspect(&splits, &names(&["cat"]), &options, &stop);
    assert!(matches!(stopped, Err(InspectError::Stopped)));
}

#[test]
fn nothing_to_look_at_is_an_error() {
    let nothing =
        inspect(&[split("train", vec![])], &names(&["cat"]), &InspectOptions::default(), &|| {
            ControlFlow::Continue(())
        });
    assert!(matches!(nothing, Err(InspectError::Empty)));
}
