//! What the loader allocates once it is warm. A program of its own, because the counter counts all
//! threads of a process.

use std::sync::Arc;

use resnet_data::{
    Batches, DataError, Loader, LoaderOptions, Picture, Sample, Source, SyntheticImages, Transform,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static COUNTED: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

const BATCH_SIZE: usize = 50;

/// The same photograph-sized JPEG many times.
struct Jpegs(Vec<u8>);

impl Jpegs {
    fn new() -> Self {
        let (width, height) = (500_u16, 375_u16);
        let level = |index: usize| (index * index / 977 % 256) as u8;
        let pixels: Vec<u8> =
            (0..usize::from(width) * usize::from(height) * 3).map(level).collect();
        let mut encoded = Vec::new();
        let encoder = jpeg_encoder::Encoder::new(&mut encoded, 90);
        encoder.encode(&pixels, width, height, jpeg_encoder::ColorType::Rgb).expect("a JPEG");
        Self(encoded)
    }
}

impl Source for Jpegs {
    fn len(&self) -> usize {
        2000
    }

    fn read(&self, _: usize, record: &mut Vec<u8>) -> Result<Sample, DataError> {
        record.clone_from(&self.0);
        let picture = Picture::Encoded(0..record.len());
        Ok(Sample { label: 0, picture, filename: 0..0 })
    }

    fn place(&self, index: usize) -> String {
        format!("JPEG {index}")
    }

    fn describe(&self) -> String {
        "JPEGs".to_owned()
    }
}

fn load(batches: &mut Batches, count: usize) {
    for _ in 0..count {
        let batch = batches.next().expect("enough batches").expect("a good batch");
        batches.recycle(batch);
    }
}

/// Allocations and bytes per image, without those of the first batches.
fn per_image(source: impl Source + 'static, transform: Transform) -> (f64, f64) {
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
fn a_warm_loader_allocates_nothing_for_an_image() {
    let pixels = || SyntheticImages::new(2000, 10, 0);
    let used = [
        // The shorter side is 256 already: nothing is resized.
        ("no resizing", per_image(pixels(), Transform::imagenet_validation(224))),
        ("resized pixels", per_image(pixels(), Transform::imagenet_train(224))),
        ("a random crop of a JPEG", per_image(Jpegs::new(), Transform::imagenet_train(224))),
        ("the centre of a JPEG", per_image(Jpegs::new(), Transform::imagenet_validation(224))),
    ];
    for (what, (count, bytes)) in used {
        println!("{what}: {count:.2} allocations, {bytes:.0} bytes per image");
        // Labels, weights and what the queues need are per batch; on a busy machine some of the four
        // batches in circulation are only made after the first ten. An image has 150,528 bytes.
        assert!(count < 0.5 && bytes < 35_000.0, "{what}: {count} allocations, {bytes} bytes");
    }
}
