//! Images from the test suites of codecs, damaged on purpose many of them.
//!
//! `RESNET_TEST_DATA` names the folder of `codec-corpus-small.tar` (by default `../shared/data` beside the
//! workspace); without it the test says that it did nothing.

use std::path::{Path, PathBuf};

use resnet_data::OnBadImage;
use resnet_data::prepare::{PrepareOptions, Shards};

use crate::prepare_support::{options, photograph, run, write};

pub(crate) fn corpus() -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("RESNET_TEST_DATA").map_or(default, PathBuf::from);
    let path = folder.join("codec-corpus-small.tar");
    if !path.is_file() {
        eprintln!("SKIPPED: no {}", path.display());
    }
    path.is_file().then_some(path)
}

#[test]
fn images_of_codec_test_suites_are_converted_or_skipped_with_a_reason() {
    let Some(path) = corpus() else { return };
    let raw = tempfile::tempdir().unwrap();
    let mut archive = tar::Archive::new(std::fs::File::open(path).unwrap());
    let mut files = 0;
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_string_lossy().replace('/', "-");
        if entry.header().entry_type().is_file() && !name.ends_with(".csv") {
            let mut content = Vec::new();
            std::io::Read::read_to_end(&mut entry, &mut content).unwrap();
            write(&raw.path().join(format!("train/a/{name}.jpg")), &content);
            files += 1;
        }
    }
    write(&raw.path().join("val/a/one.jpg"), &photograph(20, 20, 9));
    let options = PrepareOptions {
        on_bad_image: OnBadImage::Skip { max: usize::MAX },
        train_shards: Shards::Count(4),
        validation_shards: Shards::Count(1),
        ..options()
    };
    let out = tempfile::tempdir().unwrap();
    let train = run(raw.path(), out.path(), &options).unwrap().train;
    assert_eq!(train.images + train.skipped.len() as u64, files);
    assert!(train.images > 1300, "{} of {files}", train.images);
    let panicked = train.skipped.iter().find(|image| image.reason.contains("panicked"));
    assert_eq!(panicked, None);
}
