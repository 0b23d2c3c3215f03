//! Every input for which a fuzz target once failed, and the seeds that fuzzing starts from.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use tfrecord_codec::events::{Event, Histogram, Summary};
use tfrecord_codec::{Compression, RecordIndex};

use crate::{properties, support};

type Property = fn(&[u8]);

const TARGETS: [(&str, Property); 5] = [
    ("frames", properties::frames),
    ("compressed", properties::compressed),
    ("example", properties::example),
    ("index", properties::index),
    ("events", properties::events),
];

#[test]
fn inputs_that_once_failed_do_not_fail_again() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/regressions");
    for (name, property) in TARGETS {
        // A target without a folder has never failed.
        for input in fs::read_dir(folder.join(name)).into_iter().flatten() {
            property(&fs::read(input.expect("readable").path()).expect("readable"));
        }
    }
}

#[test]
fn the_properties_hold_for_the_seeds() {
    for (name, property) in TARGETS {
        seeds(name).iter().for_each(|seed| property(seed));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_properties_hold_for_damaged_seeds(at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
        for (name, property) in TARGETS {
            for mut seed in seeds(name).into_iter().filter(|seed| !seed.is_empty()) {
                let at = at.index(seed.len());
                seed[at] = byte;
                property(&seed);
                seed.truncate(cut.index(seed.len()));
                property(&seed);
            }
        }
    }
}

#[test]
#[ignore = "writes a corpus for fuzzing into the folder named in FUZZ_SEEDS"]
fn write_fuzz_seeds() {
    let folder = std::env::var_os("FUZZ_SEEDS").expect("set FUZZ_SEEDS to a folder");
    for (name, _) in TARGETS {
        let folder = Path::new(&folder).join(name);
        fs::create_dir_all(&folder).expect("writable");
        for (n, seed) in seeds(name).iter().enumerate() {
            fs::write(folder.join(format!("seed-{n}")), seed).expect("writable");
        }
    }
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let golden = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/data").join(name);
        support::read(&fs::read(path).expect("it is committed")).expect("whole")
    };
    match target {
        "frames" => vec![support::file(&support::short_records())],
        "compressed" => {
            let records = support::short_records();
            [Compression::Gzip, Compression::Zlib].map(|c| support::packed(&records, c)).to_vec()
        }
        "example" => {
            let names =
                ["examples.none.tfrecord", "odd-examples.none.tfrecord", "sequences.none.tfrecord"];
            names.iter().flat_map(|name| golden(name)).collect()
        }
        "index" => {
            let (_dir, path) = support::shard(&support::short_records());
            let beside = RecordIndex::path_for(&path);
            RecordIndex::build(&path).expect("whole").save(&beside).expect("writable");
            vec![fs::read(beside).expect("there")]
        }
        _ => {
            let histogram = Summary::histogram("weights", Histogram::of([1.0, -2.0]));
            let mut seeds = golden("events.none.tfrecord");
            seeds.push(Event::new(1.5, 2).with(histogram).with(Summary::text("a", "b")).encode());
            seeds
        }
    }
}
