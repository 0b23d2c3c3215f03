//! Order, resuming, and the shape of batches.

use std::sync::Arc;

use resnet_data::{
    Augment, Batch, Crop, LastBatch, Loader, LoaderOptions, Pixels, RgbImage, SampleRng, Scratch,
    Source, SyntheticImages, Transform, Views,
};

use crate::support::{
    KEEP, assert_says, batches, good_records, in_order, levels, records_loader, shuffled, synthetic,
};

fn random_crop() -> Transform {
    Transform::imagenet_train(8)
}

/// The labels that count; with [`synthetic`] these are the samples' numbers.
fn counted(batches: &[Batch]) -> Vec<u32> {
    let pairs = batches.iter().flat_map(|batch| batch.labels.iter().zip(&batch.weights));
    pairs.filter(|&(_, &weight)| weight == 1.0).map(|(&label, _)| label).collect()
}

#[test]
fn batches_are_the_same_for_any_number_of_workers() {
    let load = |workers, prefetch| {
        let options = LoaderOptions { workers, prefetch, ..shuffled(7, random_crop()) };
        batches(&synthetic(60, options), 3, 0)
    };
    let expected = load(1, 1);
    assert_eq!(expected.len(), 8);
    for workers in [2, 4, 9] {
        assert_eq!(load(workers, workers), expected, "{workers} workers");
    }
}

#[test]
fn an_epoch_resumes_at_every_batch() {
    let loader = synthetic(60, shuffled(7, random_crop()));
    let all = batches(&loader, 3, 0);
    for first in 0..=all.len() + 1 {
        let rest = all.get(first..).unwrap_or_default();
        assert_eq!(batches(&loader, 3, first), rest, "from batch {first}");
    }
}

#[test]
fn a_masked_epoch_resumes_at_every_batch() {
    let loader = synthetic(60, in_order(7, KEEP));
    let all = batches(&loader, 0, 0);
    for first in 0..=all.len() {
        assert_eq!(batches(&loader, 0, first), &all[first..], "from batch {first}");
    }
}

#[test]
fn a_shuffled_epoch_has_every_sample_at_most_once() {
    let mut samples = counted(&batches(&synthetic(60, shuffled(7, random_crop())), 0, 0));
    assert_eq!(samples.len(), 56, "the last four samples are dropped");
    assert_ne!(samples, (0..56).collect::<Vec<_>>());
    samples.sort_unstable();
    samples.dedup();
    assert_eq!(samples.len(), 56);
}

#[test]
fn the_samples_of_a_batch_can_be_asked_for() {
    let (shuffled, masked) =
        (synthetic(60, shuffled(7, random_crop())), synthetic(60, in_order(7, KEEP)));
    for loader in [&shuffled, &masked] {
        let all = batches(loader, 3, 0);
        for (index, batch) in all.iter().enumerate() {
            let samples = loader.samples(3, index).into_iter().map(|sample| sample as u32);
            assert_eq!(samples.collect::<Vec<_>>(), counted(std::slice::from_ref(batch)));
        }
        assert!(loader.samples(3, all.len()).is_empty(), "there is no such batch");
    }
}

#[test]
fn epochs_and_seeds_differ_in_order_and_in_crops() {
    let load = |seed, epoch| {
        let options = LoaderOptions { seed, ..shuffled(10, random_crop()) };
        batches(&synthetic(20, options), epoch, 0)
    };
    let first = load(1, 0);
    assert_eq!(load(1, 0), first);
    assert_ne!(counted(&load(1, 1)), counted(&first));
    assert_ne!(counted(&load(2, 0)), counted(&first));
    let pixels_of = |batches: &[Batch], sample| {
        let batch = batches.iter().find(|batch| batch.labels.contains(&sample)).unwrap();
        let slot = batch.labels.iter().position(|&label| label == sample).unwrap();
        levels(batch)[slot * 192..(slot + 1) * 192].to_vec()
    };
    assert_ne!(pixels_of(&load(1, 1), 5), pixels_of(&first, 5), "another crop in another epoch");
}

#[test]
fn validation_counts_every_image_once() {
    for len in [1, 6, 7, 8, 20, 21] {
        let batches = batches(&synthetic(len, in_order(7, KEEP)), 0, 0);
        assert_eq!(batches.len(), len.div_ceil(7));
        let expected: Vec<u32> = (0..u32::try_from(len).unwrap()).collect();
        assert_eq!(counted(&batches), expected);
        for (index, batch) in batches.iter().enumerate() {
            assert_eq!(batch.index, index);
            assert_eq!(
                (batch.len(), batch.weights.len(), batch.images.len()),
                (7, 7, 7 * 16 * 16 * 3)
            );
        }
    }
}

#[test]
fn padding_repeats_a_good_image_of_the_batch() {
    let loader = records_loader(&good_records(5), in_order(4, KEEP));
    let last = batches(&loader, 0, 1).remove(0);
    assert_eq!(last.weights, [1.0, 0.0, 0.0, 0.0]);
    assert_eq!(last.labels, [4; 4]);
    let (first, padding) = levels(&last).split_at(16 * 16 * 3);
    assert!(first.iter().all(|level| level.abs_diff(50) <= 1), "{first:?}");
    assert!(padding.chunks(first.len()).all(|slot| slot == first));
}

#[test]
fn records_keep_their_order_and_pixels() {
    let loader = records_loader(&good_records(9), in_order(9, KEEP));
    let batch = batches(&loader, 0, 0).remove(0);
    assert_eq!((batch.height, batch.width), (16, 16));
    assert_eq!(batch.labels, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    for (n, pixels) in (1u8..).zip(levels(&batch).chunks(16 * 16 * 3)) {
        assert!(pixels.iter().all(|level| level.abs_diff(n * 10) <= 1), "image {n}: {pixels:?}");
    }
}

#[test]
fn recycled_memory_does_not_shine_through() {
    let loader = synthetic(21, in_order(6, KEEP));
    let expected = batches(&loader, 0, 0);
    let mut epoch = loader.epoch(0, 0);
    for expected in &expected {
        let mut batch = epoch.next().unwrap().unwrap();
        assert_eq!(&batch, expected);
        batch.images = Pixels::Eight(vec![255; batch.images.len()]);
        epoch.recycle(batch);
    }
    drop(epoch);
    assert_eq!(batches(&loader, 0, 0), expected);
}

#[test]
fn statistics_count_images_and_time() {
    let loader = records_loader(&good_records(6), in_order(3, KEEP));
    let mut epoch = loader.epoch(0, 0);
    for batch in epoch.by_ref() {
        batch.unwrap();
    }
    let stats = epoch.stats();
    assert_eq!((stats.images, stats.bad), (6, 0));
    assert!(!stats.read.is_zero() && !stats.decode.is_zero() && !stats.transform.is_zero());
}

#[test]
fn a_batch_larger_than_the_data_set_is_refused_unless_masked() {
    let load = |last_batch| {
        let options = LoaderOptions { last_batch, ..shuffled(11, KEEP) };
        Loader::new(Arc::new(SyntheticImages::new(10, 10, 0)), options)
    };
    let error = load(LastBatch::Drop).err().unwrap().to_string();
    assert_says(&error, &["batch of 11", "10 images", "at most 10"]);
    assert_eq!(load(LastBatch::Mask).unwrap().batches_per_epoch(), 1);
}

#[test]
fn an_empty_source_is_refused() {
    let source = Arc::new(SyntheticImages::new(0, 10, 0));
    let error = Loader::new(source, in_order(1, KEEP)).err().unwrap().to_string();
    assert_says(&error, &["0 synthetic images", "no image"]);
}

#[test]
fn options_outside_their_range_are_named() {
    let refused = |options: LoaderOptions, words: &[&str]| {
        let source = Arc::new(SyntheticImages::new(10, 10, 0));
        assert_says(&Loader::new(source, options).err().unwrap().to_string(), words);
    };
    let good = || in_order(2, KEEP);
    refused(LoaderOptions { batch_size: 0, ..good() }, &["batch_size must be from 1", "not 0"]);
    refused(LoaderOptions { workers: 0, ..good() }, &["workers must be from 1", "not 0"]);
    refused(LoaderOptions { prefetch: 0, ..good() }, &["prefetch must be from 1", "not 0"]);
    let views = LoaderOptions { views: Views::TenCrop, ..good() };
    let squash = Transform::new(16, Crop::Squash);
    let squash = LoaderOptions { transform: squash, ..views };
    refused(squash, &["views must be Single or Flip", "(TenCrop, Squash)"]);
    let transform = |transform| LoaderOptions { transform, ..good() };
    refused(transform(Transform::imagenet_train(0)), &["size must be from 1", "not 0"]);
    let (scale, ratio) = ((0.5, 0.1), (1.0, 1.0));
    let crop = Transform::new(8, Crop::RandomResizedCrop { scale, ratio });
    refused(transform(crop), &["scale must be two increasing", "(0.5, 0.1)"]);
    let crop = Transform::imagenet_train(8).then(Augment::HorizontalFlip { p: f64::NAN });
    refused(transform(crop), &["flip must be a probability", "NaN"]);
}

/// Resumed runs of a later version must draw the same numbers: these must never change.
#[test]
fn the_random_numbers_of_a_sample_are_pinned() {
    let mut rng = SampleRng::for_sample(42, 3, 1_281_166);
    let numbers: Vec<u64> = (0..4).map(|_| rng.below(1_000_000)).collect();
    assert_eq!(numbers, [169_886, 199_874, 541_547, 671_426]);
    assert_eq!(rng.uniform(2.0, 4.0), 3.720_373_672_731_896);
}

#[test]
fn the_views_of_an_image_stand_side_by_side_in_its_slot() {
    let (source, size) = (SyntheticImages::new(5, 10, 3).with_side(12), 8);
    let transform = Transform::new(size, Crop::ResizeCenterCrop { resize: 12 });
    for views in [Views::Single, Views::Flip, Views::TenCrop] {
        let options = LoaderOptions { views, ..in_order(2, transform.clone()) };
        let loader = Loader::new(Arc::new(source.clone()), options).unwrap();
        let mut expected = Vec::new();
        for index in 0..6 {
            // The last slot repeats the first image of its batch.
            let image = image_of(&source, if index == 5 { 4 } else { index });
            let mut out = vec![0; views.count() * size * size * 3];
            transform.views(&image, views, &mut Scratch::default(), &mut out).unwrap();
            expected.extend(out);
        }
        let batches: Vec<_> = loader.epoch(0, 0).map(Result::unwrap).collect();
        assert!(batches.iter().all(|batch| (batch.len(), batch.views()) == (2, views.count())));
        let got: Vec<u8> =
            batches.iter().flat_map(|batch| batch.images.as_eight().unwrap().to_vec()).collect();
        assert_eq!(got, expected, "{views:?}");
    }
}

/// A synthetic image, which its record holds as pixels.
fn image_of(source: &SyntheticImages, index: usize) -> RgbImage {
    let mut pixels = Vec::new();
    source.read(index, &mut pixels).unwrap();
    RgbImage { height: 12, width: 12, pixels }
}
