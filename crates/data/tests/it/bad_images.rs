//! Images that do not decode.

use resnet_data::{Batch, DataError, Loader, LoaderOptions, OnBadImage, Transform};

use crate::support::{
    KEEP, assert_says, batches, first_error, good_records, in_order, levels, record, records_loader,
};

/// Eight images of which those with these numbers (from 0) are cut in half.
fn loader(bad: &[usize], on_bad_image: OnBadImage, workers: usize) -> Loader {
    let mut records = good_records(8);
    for &index in bad {
        let jpeg = crate::support::jpeg(9);
        let label = i64::try_from(index).unwrap() + 1;
        records[index] = record(&jpeg[..jpeg.len() / 2], label, &format!("bad-{index}.JPEG"));
    }
    let options = LoaderOptions { on_bad_image, workers, ..in_order(4, KEEP) };
    records_loader(&records, options)
}

fn skip(max: usize) -> OnBadImage {
    OnBadImage::Skip { max }
}

#[test]
fn a_corrupt_image_stops_the_epoch_and_is_named() {
    let loader = loader(&[5], OnBadImage::Fail, 2);
    let mut epoch = loader.epoch(0, 0);
    assert!(epoch.next().unwrap().is_ok(), "the batch before it is good");
    let error = epoch.next().unwrap().unwrap_err();
    assert!(matches!(error, DataError::Image { .. }));
    let words = ["bad-5.JPEG", "train-00001-of-00002, record 1 at byte", "truncated JPEG", "skip"];
    assert_says(&error.to_string(), &words);
    assert!(epoch.next().is_none(), "nothing comes after an error");
}

#[test]
fn a_skipped_image_is_named_and_has_no_weight() {
    let loader = loader(&[0, 6], skip(2), 2);
    let mut epoch = loader.epoch(0, 0);
    let all: Vec<Batch> = epoch.by_ref().collect::<Result<_, _>>().unwrap();
    assert_eq!(all[0].weights, [0.0, 1.0, 1.0, 1.0]);
    assert_eq!(all[1].weights, [1.0, 1.0, 0.0, 1.0]);
    assert_says(&all[0].bad[0].name, &["bad-0.JPEG (", "record 0 at byte 0)"]);
    assert_says(&all[1].bad[0].name, &["bad-6.JPEG"]);
    assert_says(&all[1].bad[0].reason, &["truncated JPEG"]);
    let slots: Vec<&[u8]> = levels(&all[0]).chunks(16 * 16 * 3).collect();
    assert_eq!(slots[0], slots[1], "a bad slot repeats a good image");
    assert_eq!(all[0].labels, [1, 1, 2, 3]);
    assert_eq!(epoch.stats().bad, 2);
}

#[test]
fn more_bad_images_than_allowed_stop_the_epoch() {
    let error = first_error(&loader(&[1, 2, 7], skip(2), 2));
    assert_says(&error, &["more than 2 bad images", "bad-7.JPEG", "allow more"]);
}

#[test]
fn bad_images_give_the_same_batches_for_any_number_of_workers() {
    let expected = batches(&loader(&[1, 2, 7], skip(3), 1), 0, 0);
    // Each loader has its own folder, which is part of the names.
    let comparable = |batches: Vec<Batch>| {
        let bare = batches.into_iter().map(|batch| (batch.images, batch.labels, batch.weights));
        bare.collect::<Vec<_>>()
    };
    let four = batches(&loader(&[1, 2, 7], skip(3), 4), 0, 0);
    assert_eq!(comparable(four), comparable(expected));
}

#[test]
fn a_batch_without_a_good_image_is_black_and_counts_nothing() {
    let batch = batches(&loader(&[0, 1, 2, 3], skip(4), 2), 0, 0).remove(0);
    assert_eq!(batch.weights, [0.0; 4]);
    assert_eq!(batch.bad.len(), 4);
    assert!(levels(&batch).iter().all(|&level| level == 0));
}

#[test]
fn an_image_too_small_for_the_crop_is_a_bad_image() {
    let transform = Transform::pad_crop(20, 1);
    let error = first_error(&records_loader(&good_records(2), in_order(2, transform)));
    assert_says(&error, &["image-1.JPEG", "16x16 pixels with a border of 1", "20x20"]);
}
