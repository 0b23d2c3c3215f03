//! Which images an epoch has, and how ranks share them.

use std::collections::HashMap;
use std::iter::zip;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use resnet_data::{
    Batch, DataError, LastBatch, Loader, LoaderOptions, Rank, Sample, Sampling, Source,
    SyntheticImages, Transform,
};

use crate::support::{
    KEEP, assert_says, batches, good_records, in_order, levels, records_loader, shuffled, synthetic,
};

/// Synthetic images, each with its own label, and the weights that are given.
struct Weighted(SyntheticImages, Vec<f32>);

impl Weighted {
    fn loader(weights: &[f32], options: LoaderOptions) -> Result<Loader, DataError> {
        let classes = u32::try_from(weights.len()).unwrap();
        let images = SyntheticImages::new(weights.len(), classes, 5).with_side(20);
        Loader::new(Arc::new(Self(images, weights.to_vec())), options)
    }
}

impl Source for Weighted {
    fn len(&self) -> usize {
        self.0.len()
    }
    fn read(&self, index: usize, record: &mut Vec<u8>) -> Result<Sample, DataError> {
        self.0.read(index, record)
    }
    fn place(&self, index: usize) -> String {
        self.0.place(index)
    }
    fn weight(&self, index: usize) -> f32 {
        self.1[index]
    }
    fn describe(&self) -> String {
        self.0.describe()
    }
}

fn sampled(sampling: Sampling, batch_size: usize) -> LoaderOptions {
    LoaderOptions { sampling, ..shuffled(batch_size, Transform::imagenet_train(8)) }
}

/// Label and pixels of each slot that counts.
fn images(batches: &[Batch]) -> Vec<(u32, &[u8])> {
    let slots = |batch: &'_ Batch| batch.images.len() / batch.len();
    batches
        .iter()
        .flat_map(|batch| {
            let images = zip(batch.labels.iter().copied(), levels(batch).chunks(slots(batch)));
            zip(images, &batch.weights)
                .filter(|&(_, &weight)| weight == 1.0)
                .map(|(image, _)| image)
        })
        .collect()
}

/// The batches that each of `size` ranks has.
fn of_ranks(size: usize, len: usize, options: &LoaderOptions) -> Vec<Vec<Batch>> {
    let load = |index| {
        let options = LoaderOptions { rank: Rank { index, size }, ..options.clone() };
        batches(&synthetic(len, options), 3, 0)
    };
    (0..size).map(load).collect()
}

#[test]
fn ranks_together_load_the_batch_of_one() {
    for last_batch in [LastBatch::Drop, LastBatch::Mask] {
        let alone = LoaderOptions { last_batch, ..sampled(Sampling::Shuffled, 12) };
        let expected = batches(&synthetic(67, alone.clone()), 3, 0);
        for size in [2, 4] {
            let options = LoaderOptions { batch_size: 12 / size, ..alone.clone() };
            let ranks = of_ranks(size, 67, &options);
            for (step, expected) in expected.iter().enumerate() {
                let mut together: Vec<_> =
                    ranks.iter().flat_map(|rank| images(&rank[step..=step])).collect();
                let mut expected = images(std::slice::from_ref(expected));
                together.sort_unstable();
                expected.sort_unstable();
                assert!(together == expected, "{size} ranks, step {step}, {last_batch:?}");
            }
        }
    }
}

#[test]
fn ranks_have_equally_many_batches_and_evenly_spread_padding() {
    let ranks = of_ranks(4, 61, &in_order(5, KEEP));
    // 61 images are three steps of 20, and one image.
    let counted = |rank: &Vec<Batch>| images(rank).len();
    assert_eq!(ranks.iter().map(Vec::len).collect::<Vec<_>>(), [4; 4]);
    assert_eq!(ranks.iter().map(counted).collect::<Vec<_>>(), [16, 15, 15, 15]);
    assert_eq!(ranks[3][3].weights, [0.0; 5]);
}

#[test]
fn a_rank_outside_its_group_is_refused() {
    for (rank, words) in [
        (Rank { index: 2, size: 2 }, "rank.index must be below rank.size"),
        (Rank { index: 0, size: 0 }, "rank.size must be from 1"),
    ] {
        let options = LoaderOptions { rank, ..in_order(2, KEEP) };
        let source = Arc::new(SyntheticImages::new(10, 10, 0));
        assert_says(&Loader::new(source, options).err().unwrap().to_string(), &[words]);
    }
}

#[test]
fn ranks_that_need_more_images_than_there_are_are_refused() {
    let rank = Rank { index: 0, size: 4 };
    let options = LoaderOptions { rank, ..shuffled(3, KEEP) };
    let error = Loader::new(Arc::new(SyntheticImages::new(11, 11, 0)), options).err().unwrap();
    assert_says(&error.to_string(), &["batch of 12", "11 images"]);
}

#[test]
fn repeated_images_stand_side_by_side_and_are_transformed_anew() {
    let loader = synthetic(20, sampled(Sampling::Repeated { times: 3 }, 6));
    assert_eq!(loader.batches_per_epoch(), 10);
    let all = batches(&loader, 0, 0);
    let all = images(&all);
    let mut seen: Vec<u32> = all.chunks(3).map(|three| three[0].0).collect();
    for three in all.chunks(3) {
        assert!(three.iter().all(|image| image.0 == three[0].0), "one image three times");
        assert!(three[0].1 != three[1].1 && three[1].1 != three[2].1, "three different crops");
    }
    seen.sort_unstable();
    assert_eq!(seen, (0..20).collect::<Vec<_>>());
}

#[test]
fn the_first_appearance_of_a_repeated_image_is_that_of_a_shuffled_epoch() {
    let repeated = batches(&synthetic(20, sampled(Sampling::Repeated { times: 2 }, 2)), 1, 0);
    let shuffled = batches(&synthetic(20, sampled(Sampling::Shuffled, 1)), 1, 0);
    let firsts: Vec<_> = images(&repeated).into_iter().step_by(2).collect();
    assert!(firsts == images(&shuffled));
}

#[test]
fn images_are_drawn_by_their_weight() {
    let weights = [0.0, 1.0, 3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    let loader = Weighted::loader(&weights, sampled(Sampling::Weighted, 10)).unwrap();
    let mut counts = HashMap::new();
    for epoch in 0..100 {
        for (label, _) in images(&batches(&loader, epoch, 0)) {
            *counts.entry(label).or_insert(0) += 1;
        }
    }
    assert_eq!(counts.values().sum::<i32>(), 1000, "an epoch has as many draws as images");
    assert_eq!(counts.len(), 2, "what has no weight is never drawn: {counts:?}");
    // Four standard deviations.
    assert!((250i32 - counts[&1]).abs() < 55, "{counts:?}");
}

#[test]
fn an_image_drawn_twice_is_transformed_anew() {
    let loader = Weighted::loader(&[1.0, 0.0, 0.0], sampled(Sampling::Weighted, 3)).unwrap();
    let batch = batches(&loader, 0, 0);
    let images = images(&batch);
    assert_eq!(images.iter().map(|image| image.0).collect::<Vec<_>>(), [0; 3]);
    assert!(images[0].1 != images[1].1 && images[1].1 != images[2].1);
}

#[test]
fn weights_that_make_no_sense_are_refused_and_named() {
    let refused = |weights: &[f32], words: &[&str]| {
        let error = Weighted::loader(weights, sampled(Sampling::Weighted, 1)).err().unwrap();
        assert_says(&error.to_string(), words);
    };
    refused(&[1.0, -2.0], &["weight must be finite and not negative", "-2 (synthetic image 1)"]);
    refused(&[f32::NAN, 1.0], &["weight must be finite", "NaN (synthetic image 0)"]);
    refused(&[0.0, 0.0], &["weight must be above 0 for one image"]);
}

#[test]
fn rare_classes_are_drawn_as_often_as_others() {
    // Ten images of class 1, one each of classes 2 and 3; labels are read from the records.
    let mut records = good_records(3);
    records.extend(std::iter::repeat_n(records[0].clone(), 9));
    let options = LoaderOptions { sampling: Sampling::ClassBalanced, ..shuffled(12, KEEP) };
    let loader = records_loader(&records, options);
    let mut counts = [0i32; 3];
    for epoch in 0..50 {
        for (label, _) in images(&batches(&loader, epoch, 0)) {
            counts[label as usize] += 1;
        }
    }
    assert_eq!(counts.iter().sum::<i32>(), 600);
    // Four standard deviations.
    assert!(counts.iter().all(|count| (200 - count).abs() < 47), "{counts:?}");
}

/// Asks for labels, and counts how often.
struct Counted(SyntheticImages, AtomicUsize);

impl Source for Counted {
    fn len(&self) -> usize {
        self.0.len()
    }
    fn read(&self, index: usize, record: &mut Vec<u8>) -> Result<Sample, DataError> {
        self.0.read(index, record)
    }
    fn label(&self, index: usize) -> Result<u32, DataError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.label(index)
    }
    fn place(&self, index: usize) -> String {
        self.0.place(index)
    }
    fn describe(&self) -> String {
        self.0.describe()
    }
}

#[test]
fn another_transform_keeps_the_order_and_asks_for_no_label_again() {
    let images = SyntheticImages::new(40, 10, 5).with_side(20);
    let source = Arc::new(Counted(images, AtomicUsize::new(0)));
    let rank = Rank { index: 1, size: 2 };
    let options = LoaderOptions { rank, ..sampled(Sampling::ClassBalanced, 4) };
    let small = Loader::new(source.clone(), options.clone()).unwrap();
    let large = small.with_transform(Transform::imagenet_train(16)).unwrap();
    assert_eq!(source.1.load(Ordering::Relaxed), 40);
    let transform = Transform::imagenet_train(16);
    let anew = Loader::new(source, LoaderOptions { transform, ..options }).unwrap();
    assert!(batches(&large, 2, 1) == batches(&anew, 2, 1));
    assert_eq!(large.samples(2, 1), small.samples(2, 1));
    let refused = small.with_transform(Transform::imagenet_train(0)).err().unwrap();
    assert_says(&refused.to_string(), &["size must be from 1"]);
}

#[test]
fn the_images_of_a_step_are_known_to_every_rank() {
    for last_batch in [LastBatch::Drop, LastBatch::Mask] {
        let alone = LoaderOptions { last_batch, ..sampled(Sampling::Shuffled, 12) };
        let expected = synthetic(67, alone.clone());
        let rank = Rank { index: 2, size: 3 };
        let ranked = synthetic(67, LoaderOptions { batch_size: 4, rank, ..alone });
        for batch in 0..7 {
            let all = ranked.samples_of_all_ranks(3, batch);
            assert_eq!(all, expected.samples(3, batch));
            let own: Vec<usize> = all.into_iter().skip(2).step_by(3).collect();
            assert_eq!(own, ranked.samples(3, batch));
        }
    }
}

#[test]
fn every_sampling_gives_the_same_batches_for_any_number_of_workers_and_resumes() {
    let samplings = [
        Sampling::Sequential,
        Sampling::Repeated { times: 2 },
        Sampling::Weighted,
        Sampling::ClassBalanced,
    ];
    for sampling in samplings {
        let load = |workers, first| {
            let rank = Rank { index: 1, size: 2 };
            let options = LoaderOptions { workers, rank, ..sampled(sampling, 4) };
            batches(&synthetic(40, options), 2, first)
        };
        let expected = load(1, 0);
        assert!(load(4, 0) == expected, "{sampling:?}");
        assert!(load(3, 2) == expected[2..], "{sampling:?}");
    }
}
