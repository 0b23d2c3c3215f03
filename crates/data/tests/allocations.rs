//! What the loader allocates once it is warm. A program of its own, because the counter counts all
//! threads of a process.

use std::sync::Arc;

use resnet_data::{Batches, Loader, LoaderOptions, SyntheticImages, Transform};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static COUNTED: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

const BATCH_SIZE: usize = 50;

fn load(batches: &mut Batches, count: usize) {
    for _ in 0..count {
        let batch = batches.next().expect("enough batches").expect("a good batch");
        batches.recycle(batch);
    }
}

/// Allocations and bytes per image, without those of the first batches.
fn per_image(source: SyntheticImages, transform: Transform) -> (f64, f64) {
    const COUNTED_BATCHES: usize = 20;
    let options = LoaderOptions::train(BATCH_SIZE, 1, transform);
    let options = LoaderOptions { workers: 2, ..options };
    let loader = Loader::new(Arc::new(source), options).expect("a loader");
    let mut batches = loader.epoch(0, 0);
    load(&mut batches, 10);
    let region = Region::new(COUNTED);
    load(&mut batches, COUNTED_BATCHES);
    let used = region.change();
    let images = (COUNTED_BATCHES * BATCH_SIZE) as f64;
    let count = (used.allocations + used.reallocations) as f64;
    (count / images, used.bytes_allocated as f64 / images)
}

/// One test, since two would count each other's.
#[test]
fn a_warm_loader_allocates_nothing_for_an_image_except_in_the_resizer() {
    let source = || SyntheticImages::new(2000, 10, 0);
    // The shorter side is 256 already: nothing is resized.
    let (count, bytes) = per_image(source(), Transform::imagenet_validation(224));
    println!("without resizing: {count:.2} allocations, {bytes:.0} bytes per image");
    // Labels, weights and what the queues need are per batch; on a busy machine some of the four
    // batches in circulation are only made after the first ten. An image has 150,528 bytes.
    assert!(count < 0.5 && bytes < 35_000.0);
    let (count, bytes) = per_image(source(), Transform::imagenet_train(224));
    println!("random resized crop: {count:.1} allocations, {bytes:.0} bytes per image");
    // The pixels are 150,528 bytes: they are in memory that is used again.
    assert!(bytes < 100_000.0);
}
