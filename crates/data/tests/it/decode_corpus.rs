//! Pictures from the test suites of codecs, many of them damaged on purpose, against Pillow.
//!
//! What Pillow makes of each stands in `benches/results/`, written by `tests/peers/decode_corpus.py`. Without
//! the corpus (see `prepare_corpus`) the tests say that they did nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use resnet_data::{
    AnyImage, Batch, DataError, Decoder, Loader, LoaderOptions, OnBadImage, Picture, RgbImage,
    Sample, Source, Transform,
};
use sha2::{Digest, Sha256};

use crate::prepare_corpus::corpus;
use crate::support::shuffled;

/// The most heap memory that one of these files may take. The largest has 11.5 million pixels: 3 bytes
/// each for the result, and up to 12 in the decoder.
const MAX_BYTES: u64 = 176 << 20;

/// The files by name.
fn files() -> Option<BTreeMap<String, Vec<u8>>> {
    let mut archive = tar::Archive::new(std::fs::File::open(corpus()?).unwrap());
    let files = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_string_lossy().replace("codec/", "");
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        (name, content)
    });
    Some(files.collect())
}

/// A line of the table that was written beside Pillow.
struct Recorded {
    file: String,
    format: String,
    verdict: String,
    fingerprint: String,
}

fn recorded() -> Vec<Recorded> {
    let table = "../../benches/results/decode-corpus-2026-11-25-epyc-2-cores.tsv";
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(table)).unwrap();
    let record = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [file, format, verdict, fingerprint] = [0, 1, 2, 6].map(|i| fields[i].to_owned());
        Recorded { file, format, verdict, fingerprint }
    };
    text.lines().skip(1).map(record).collect()
}

/// What is said of the pixels of a PNG in the table: the start of their SHA-256.
fn sha256(image: &RgbImage) -> String {
    let sum = Sha256::digest(&image.pixels);
    sum.iter().take(8).fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

#[test]
fn pictures_of_codec_test_suites_are_as_recorded() {
    let Some(files) = files() else { return };
    let table = recorded();
    assert!(table.len() > 1600, "{} lines", table.len());
    let mut wrong = Vec::new();
    for Recorded { file, format, verdict, fingerprint } in &table {
        let (mut image, mut result) = (RgbImage::default(), Ok(()));
        let memory = allocation_counter::measure(|| {
            result = AnyImage::default().decode(&files[file], &mut image);
        });
        assert!(memory.bytes_max < MAX_BYTES, "{file}: {memory:?}");
        if format == "jpeg" {
            // `resnet-jpeg` compares these, every pixel, in a test of its own.
            continue;
        }
        let refused = matches!(verdict.as_str(), "both refuse" | "only Pillow decodes");
        let differs = !refused && !fingerprint.is_empty() && sha256(&image) != *fingerprint;
        if result.is_err() != refused || differs {
            wrong.push(format!("{file}: {verdict}, but {result:?}, differs: {differs}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The corpus as a source.
struct Corpus(Vec<(String, Vec<u8>)>);

impl Source for Corpus {
    fn len(&self) -> usize {
        self.0.len()
    }
    fn read(&self, index: usize, record: &mut Vec<u8>) -> Result<Sample, DataError> {
        record.clone_from(&self.0[index].1);
        Ok(Sample { label: 0, picture: Picture::Encoded(0..record.len()), filename: 0..0 })
    }
    fn place(&self, index: usize) -> String {
        self.0[index].0.clone()
    }
    fn describe(&self) -> String {
        "pictures of codec test suites".to_owned()
    }
}

#[test]
fn a_loader_skips_and_names_exactly_the_pictures_that_are_refused() {
    let Some(files) = files() else { return };
    let decodes = |content: &[u8]| AnyImage::default().decode(content, &mut RgbImage::default());
    let mut expected: Vec<String> = files
        .iter()
        .filter(|(_, content)| decodes(content).is_err())
        .map(|(name, _)| name.clone())
        .collect();
    let source = Arc::new(Corpus(files.into_iter().collect()));
    let load = |workers, max, first_batch| {
        let on_bad_image = OnBadImage::Skip { max };
        let last_batch = resnet_data::LastBatch::Mask;
        // Of a random crop, damage outside its region may remain unseen.
        let transform = Transform::imagenet_validation(32);
        let options =
            LoaderOptions { workers, on_bad_image, last_batch, ..shuffled(64, transform) };
        let loader = Loader::new(Arc::clone(&source) as Arc<dyn Source>, options).unwrap();
        loader.epoch(1, first_batch).collect::<Result<Vec<Batch>, DataError>>()
    };
    let batches = load(4, expected.len(), 0).unwrap();
    let mut named: Vec<String> =
        batches.iter().flat_map(|batch| &batch.bad).map(|bad| bad.name.clone()).collect();
    named.sort_unstable();
    expected.sort_unstable();
    assert!(named.len() > 250 && named == expected);
    assert!(load(2, expected.len(), 9).unwrap() == batches[9..], "resumed, with other threads");
    let error = load(3, expected.len() - 1, 0).unwrap_err();
    assert!(matches!(error, DataError::TooManyBadImages { .. }), "{error}");
}
