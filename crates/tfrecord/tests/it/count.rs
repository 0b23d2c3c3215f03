use std::fs;
use std::num::NonZeroUsize;

use tfrecord_codec::{Compression, count_records};

use crate::support::{file, packed};

fn threads(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).expect("not zero")
}

#[test]
fn counts_come_in_the_order_of_the_paths_whatever_the_threads() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut paths = Vec::new();
    for n in 0..30 {
        let compression = [Compression::None, Compression::Gzip, Compression::Zlib][n % 3];
        let path = dir.path().join(format!("shard-{n}"));
        fs::write(&path, packed(&vec![[7; 33]; n * 5], compression)).expect("writable");
        paths.push(path);
    }
    let wanted: Vec<_> = (0..30).map(|n| n * 5).collect();
    for count in [1, 2, 8, 100] {
        assert_eq!(count_records(&paths, threads(count)).expect("whole"), wanted);
    }
}

#[test]
fn no_files_are_no_counts() {
    assert_eq!(count_records::<&str>(&[], threads(4)).expect("nothing to do"), [0; 0]);
}

#[test]
fn the_first_bad_file_is_reported_whatever_the_threads() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let paths: Vec<_> =
        ["good", "cut", "missing"].iter().map(|name| dir.path().join(name)).collect();
    fs::write(&paths[0], file(&["one"])).expect("writable");
    fs::write(&paths[1], &file(&["one"])[..10]).expect("writable");
    for count in [1, 3] {
        let error = count_records(&paths, threads(count)).expect_err("cut");
        assert_eq!(error.path(), Some(paths[1].as_path()));
    }
}
