//! PNG decoding against Pillow's pixels, and files that must be refused.
//!
//! The golden files are made by `tests/golden/png.py`; every `.png` there is a test.

use std::fs;
use std::path::{Path, PathBuf};

use resnet_data::{Decoder, Png, RgbImage};

use crate::support::assert_says;

fn goldens() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/png");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "png")).collect()
}

fn golden(name: &str) -> Vec<u8> {
    let path = goldens().into_iter().find(|path| path.file_stem().unwrap() == name);
    fs::read(path.unwrap()).unwrap()
}

fn decode(bytes: &[u8]) -> Result<RgbImage, String> {
    let mut image = RgbImage::default();
    Png::default().decode(bytes, &mut image).map_err(|error| error.to_string())?;
    Ok(image)
}

/// Puts a chunk behind the header.
fn with_chunk(png: &[u8], kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let (header, rest) = png.split_at(33);
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [header, &length, kind, data, &crc(&[kind, data].concat()).to_be_bytes(), rest].concat()
}

/// The check sum of PNG's chunks, bit by bit (PNG specification, annex D).
fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), step))
}

/// Claims another size.
fn resized(png: &[u8], width: u32, height: u32) -> Vec<u8> {
    let mut png = png.to_vec();
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let sum = crc(&png[12..29]);
    png[29..33].copy_from_slice(&sum.to_be_bytes());
    png
}

#[test]
fn pixels_are_those_of_pillow() {
    let goldens = goldens();
    assert!(goldens.len() >= 50, "golden files are missing: {goldens:?}");
    for path in goldens {
        let image = decode(&fs::read(&path).unwrap()).unwrap();
        assert_eq!((image.height, image.width), (11, 9), "{path:?}");
        let pillow = fs::read(path.with_extension("rgb")).unwrap();
        assert!(image.pixels == pillow, "{}", path.display());
    }
}

#[test]
fn a_file_cut_anywhere_in_its_pixels_is_an_error() {
    for path in goldens() {
        let bytes = fs::read(&path).unwrap();
        // Behind the pixels stands only the marker of the end, 12 bytes without information.
        for len in 0..bytes.len() - 12 {
            assert!(decode(&bytes[..len]).is_err(), "{} cut at {len}", path.display());
        }
    }
}

#[test]
fn a_flipped_bit_is_an_error_or_changes_nothing() {
    for path in goldens() {
        let bytes = fs::read(&path).unwrap();
        let whole = decode(&bytes).unwrap();
        for index in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[index] ^= 1 << (index % 8);
            let decoded = decode(&damaged);
            // Palette and transparency have check sums like the pixels: nothing slips through.
            assert!(decoded.is_err() || decoded == Ok(whole.clone()), "{path:?}, byte {index}");
        }
    }
}

#[test]
fn a_size_above_the_limit_is_refused_before_memory_is_taken() {
    let bytes = resized(&golden("rgb-8"), 60_000, 60_000);
    assert_says(&decode(&bytes).unwrap_err(), &["60000x60000 pixels", "limit of 89478485"]);
}

#[test]
fn more_pixels_than_the_file_can_hold_are_refused_before_memory_is_taken() {
    let bytes = resized(&golden("rgb-8"), 9000, 9000);
    let mut result = Ok(RgbImage::default());
    let memory = allocation_counter::measure(|| result = decode(&bytes));
    assert_says(&result.unwrap_err(), &["cannot hold 9000x9000 pixels", "truncated"]);
    assert!(memory.bytes_max < 1 << 20, "{memory:?}");
}

#[test]
fn texts_and_profiles_are_not_unpacked() {
    let mut bomb = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut bomb, &vec![b'x'; 20 << 20]).unwrap();
    let bomb = bomb.finish().unwrap();
    let named = [b"name\0\0".as_slice(), &bomb].concat();
    for kind in [b"zTXt", b"iCCP"] {
        let bytes = with_chunk(&golden("rgb-8"), kind, &named);
        let mut result = Ok(RgbImage::default());
        let memory = allocation_counter::measure(|| result = decode(&bytes));
        assert_eq!(result, decode(&golden("rgb-8")));
        assert!(memory.bytes_max < 1 << 20, "{memory:?}");
    }
}

#[test]
fn other_formats_are_named() {
    let words = ["a JPEG image, where a PNG image is expected"];
    assert_says(&decode(&crate::support::jpeg(9)).unwrap_err(), &words);
    assert_says(&decode(b"").unwrap_err(), &["an empty file"]);
}
