//! Pictures from elsewhere, which may not lie in the repository: test suites of codecs, many of them
//! damaged on purpose, and photographs. Without them (`RESNET_TEST_DATA`) the test says that it did
//! nothing.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

use resnet_jpeg::{Decoder, Error};

use crate::support::{Golden, sha256, table};

#[test]
fn pictures_of_codec_test_suites_and_photographs_have_libjpegs_pixels() {
    let Some(files) = files() else { return };
    let (mut decoder, mut pixels) = (Decoder::default(), Vec::new());
    let (mut equal, mut wrong) = (0, Vec::new());
    for Golden { name, pillow } in table("corpora.txt") {
        let decoded = decoder.decode(&files[&name], &mut pixels);
        let checked = decoder.check(&files[&name]);
        assert_eq!(checked.is_ok(), decoded.is_ok(), "{name}: {checked:?}, {decoded:?}");
        match (decoded, pillow) {
            (Ok(info), Some((width, height, hash))) => {
                let same = (info.width, info.height) == (width, height) && sha256(&pixels) == hash;
                if same { equal += 1 } else { wrong.push(format!("{name}: other pixels")) }
            }
            // Pillow fills what is missing with grey, where libjpeg only warns.
            (
                Err(Error::Damaged { .. } | Error::Truncated { .. } | Error::Unsupported { .. }),
                _,
            ) => {}
            (Err(Error::TooShort { .. }), _) | (Err(_), None) => {}
            (decoded, pillow) => wrong.push(format!("{name}: {decoded:?}, Pillow {pillow:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(equal > 700, "only {equal} pictures were compared");
}

/// The files by name, of all archives.
fn files() -> Option<BTreeMap<String, Vec<u8>>> {
    let folder = std::env::var_os("RESNET_TEST_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let mut files = BTreeMap::new();
    for archive in ["codec-corpus-small.tar", "imagenet-photos-250.tar"] {
        let Ok(archive) = std::fs::File::open(folder.join(archive)) else {
            eprintln!("skipped: no {archive} in {}", folder.display());
            return None;
        };
        let mut archive = tar::Archive::new(archive);
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let name = entry.path().unwrap().to_string_lossy().trim_start_matches("./").to_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            files.insert(name.replace(' ', "?"), content);
        }
    }
    Some(files)
}
