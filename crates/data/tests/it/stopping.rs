//! Ends of an epoch before its last batch.

use std::sync::Arc;
use std::time::{Duration, Instant};

use resnet_data::{
    DataError, DecodeError, Decoder, Loader, LoaderOptions, RgbImage, Sample, Source,
    SyntheticImages,
};

use crate::support::{KEEP, assert_says, good_records, in_order, shuffled, synthetic};

/// The 100 ms that are promised, and as much again for a loaded machine to wake up.
const LIMIT: Duration = Duration::from_millis(200);

fn time_to_drop(epoch: resnet_data::Batches) -> Duration {
    let start = Instant::now();
    drop(epoch);
    start.elapsed()
}

#[test]
fn dropping_an_epoch_that_nobody_reads_stops_its_threads() {
    let loader = synthetic(10_000, LoaderOptions { workers: 4, ..shuffled(16, KEEP) });
    let epoch = loader.epoch(0, 0);
    // Long enough for the queue to be full and all threads to wait.
    std::thread::sleep(Duration::from_millis(50));
    assert!(time_to_drop(epoch) < LIMIT);
    // The threads are gone, so nothing but the loader holds the source.
    assert_eq!(Arc::strong_count(loader.source()), 1);
}

#[test]
fn dropping_an_epoch_in_its_middle_stops_its_threads() {
    let loader = synthetic(10_000, LoaderOptions { workers: 4, ..shuffled(16, KEEP) });
    let mut epoch = loader.epoch(0, 0);
    for _ in 0..3 {
        epoch.next().unwrap().unwrap();
    }
    assert!(time_to_drop(epoch) < LIMIT);
    assert_eq!(Arc::strong_count(loader.source()), 1);
}

/// A source whose reads hang, as on a network file system without its server.
struct Hanging;

impl Source for Hanging {
    fn len(&self) -> usize {
        100
    }
    fn read(&self, _: usize, _: &mut Vec<u8>) -> Result<Sample, DataError> {
        std::thread::sleep(Duration::from_secs(2));
        panic!("nobody waits for this")
    }
    fn place(&self, index: usize) -> String {
        format!("hanging image {index}")
    }
    fn describe(&self) -> String {
        "hanging images".to_owned()
    }
}

#[test]
fn dropping_does_not_wait_for_a_read_that_hangs() {
    let loader = Loader::new(Arc::new(Hanging), in_order(4, KEEP)).unwrap();
    let epoch = loader.epoch(0, 0);
    std::thread::sleep(Duration::from_millis(20));
    assert!(time_to_drop(epoch) < LIMIT);
}

/// A decoder that panics at the images of one grey level.
struct PanicsAt(u8);

impl Decoder for PanicsAt {
    fn decode(&self, encoded: &[u8], image: &mut RgbImage) -> Result<(), DecodeError> {
        resnet_data::Jpeg::default().decode(encoded, image)?;
        assert!(image.pixels[0].abs_diff(self.0) > 1, "unlucky level {}", self.0);
        Ok(())
    }
}

#[test]
fn a_panic_arrives_as_an_error_that_names_the_image() {
    let folder = tempfile::tempdir().unwrap();
    crate::support::write_shards(folder.path(), "train", 2, &good_records(8));
    let source = Arc::new(crate::support::open(folder.path()).unwrap());
    let loader = Loader::with_decoder(source, in_order(4, KEEP), Arc::new(PanicsAt(60))).unwrap();
    let mut epoch = loader.epoch(0, 0);
    assert!(epoch.next().unwrap().is_ok());
    let error = epoch.next().unwrap().unwrap_err().to_string();
    let words = ["panicked", "train-00001-of-00002, record 1", "unlucky level 60", "report"];
    assert_says(&error, &words);
    assert!(epoch.next().is_none());
}

/// A source that panics whatever it is asked about an image.
struct Panicking;

impl Source for Panicking {
    fn len(&self) -> usize {
        100
    }
    fn read(&self, index: usize, _: &mut Vec<u8>) -> Result<Sample, DataError> {
        panic!("cannot read {index}")
    }
    fn place(&self, _: usize) -> String {
        panic!("cannot even say where it is")
    }
    fn describe(&self) -> String {
        "panics".to_owned()
    }
}

#[test]
fn a_source_that_only_panics_gives_one_error_and_no_hang() {
    let loader = Loader::new(Arc::new(Panicking), in_order(4, KEEP)).unwrap();
    let results: Vec<_> = loader.epoch(0, 0).collect();
    assert_eq!(results.len(), 1);
    let error = results[0].as_ref().unwrap_err().to_string();
    assert_says(&error, &["panicked at image 0", "cannot read 0"]);
}

#[test]
fn a_loader_serves_two_epochs_at_once() {
    let source = Arc::new(SyntheticImages::new(64, 64, 0).with_side(20));
    let loader = Loader::new(source, shuffled(8, KEEP)).unwrap();
    let both = loader.epoch(0, 0).zip(loader.epoch(0, 0));
    for (one, other) in both {
        assert_eq!(one.unwrap(), other.unwrap());
    }
}

#[test]
fn no_thread_stays_behind_however_early_an_epoch_is_dropped() {
    let source = Arc::new(SyntheticImages::new(1, 1, 0).with_side(8));
    let loader = Loader::new(source, LoaderOptions { workers: 8, ..in_order(1, KEEP) }).unwrap();
    // Whether a worker takes a task before or after the stop is a race: some of these are lost by those
    // that do not answer it.
    for pause in 0..300 {
        let epoch = loader.epoch(0, 0);
        std::thread::sleep(Duration::from_micros(pause));
        assert!(time_to_drop(epoch) < LIMIT);
    }
    let deadline = Instant::now() + Duration::from_secs(5);
    while Arc::strong_count(loader.source()) > 1 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(Arc::strong_count(loader.source()), 1);
}
