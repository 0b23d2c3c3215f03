//! JPEG decoding against libjpeg-turbo's pixels, and files that must be refused.
//!
//! The golden files are made by `tests/golden/generate.py`; every `.jpg` there is a test.

use std::fs;
use std::path::{Path, PathBuf};

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use resnet_data::{Decoder, Jpeg, RgbImage};

use crate::support::{assert_says, jpeg};

fn golden_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn golden_jpegs() -> Vec<PathBuf> {
    let entries = fs::read_dir(golden_folder()).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "jpg")).collect()
}

fn decode(bytes: &[u8]) -> Result<RgbImage, String> {
    let mut image = RgbImage::default();
    Jpeg::default().decode(bytes, &mut image).map_err(|error| error.to_string())?;
    Ok(image)
}

#[test]
fn pixels_are_those_of_libjpeg_turbo() {
    let jpegs = golden_jpegs();
    assert!(jpegs.len() >= 8, "golden files are missing: {jpegs:?}");
    for path in jpegs {
        let image = decode(&fs::read(&path).unwrap()).unwrap();
        let golden = fs::read(path.with_extension("rgb")).unwrap();
        assert_eq!((image.height, image.width, golden.len()), (37, 43, 37 * 43 * 3), "{path:?}");
        assert!(image.pixels == golden, "{}", path.display());
    }
}

#[test]
fn one_decoder_reuses_memory_for_images_of_any_size() {
    let mut image = RgbImage { height: 1, width: 1, pixels: vec![7; 100_000] };
    Jpeg::default().decode(&jpeg(90), &mut image).unwrap();
    assert_eq!((image.height, image.width, image.pixels.len()), (16, 16, 16 * 16 * 3));
}

/// ImageNet has files about which libjpeg only warns: "extraneous bytes before marker".
#[test]
fn stray_bytes_between_segments_are_forgiven() {
    let bytes = fs::read(golden_folder().join("baseline-420.jpg")).unwrap();
    let whole = decode(&bytes).unwrap();
    let after_first_segment = 2 + 2 + usize::from(bytes[5]);
    for place in [after_first_segment, bytes.len() - 2] {
        let mut stray = bytes.clone();
        stray.splice(place..place, [0; 5]);
        assert_eq!(decode(&stray).as_ref(), Ok(&whole), "at byte {place}");
    }
}

#[test]
fn a_file_cut_anywhere_is_an_error() {
    for path in golden_jpegs() {
        let bytes = fs::read(&path).unwrap();
        for len in 0..bytes.len() {
            assert!(decode(&bytes[..len]).is_err(), "{} cut at {len}", path.display());
        }
    }
}

#[test]
fn a_flipped_bit_never_panics() {
    for path in golden_jpegs() {
        let bytes = fs::read(&path).unwrap();
        for index in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[index] ^= 1 << (index % 8);
            // Entropy-coded data has no checksum: most flips only change pixels.
            drop(decode(&damaged));
        }
    }
}

#[test]
fn a_size_above_the_limit_is_refused_before_memory_is_taken() {
    let mut bytes = jpeg(50);
    let frame = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    bytes[frame + 5..frame + 9].copy_from_slice(&[0xea, 0x60, 0xea, 0x60]);
    assert_says(&decode(&bytes).unwrap_err(), &["60000x60000 pixels", "limit of 89478485"]);
}

#[test]
fn more_pixels_than_the_file_can_hold_are_refused_before_memory_is_taken() {
    let mut bytes = jpeg(50);
    let frame = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    bytes[frame + 5..frame + 9].copy_from_slice(&[0x23, 0x28, 0x23, 0x28]);
    let mut result = Ok(RgbImage::default());
    let memory = allocation_counter::measure(|| result = decode(&bytes));
    assert_says(&result.unwrap_err(), &["cannot hold 9000x9000 pixels"]);
    assert!(memory.bytes_max < 1 << 20, "{memory:?}");
}

#[test]
fn a_lower_limit_can_be_set() {
    let decoder = Jpeg { max_pixels: 255 };
    let error = decoder.decode(&jpeg(50), &mut RgbImage::default()).unwrap_err().to_string();
    assert_says(&error, &["16x16 pixels", "limit of 255"]);
}

#[test]
fn other_formats_are_named() {
    assert_says(&decode(b"\x89PNG\r\n\x1a\n").unwrap_err(), &["a PNG image"]);
    assert_says(&decode(b"GIF89a").unwrap_err(), &["a GIF image"]);
    assert_says(&decode(b"RIFF0000WEBP").unwrap_err(), &["WebP"]);
    assert_says(&decode(b"").unwrap_err(), &["an empty file"]);
    let words = ["do not begin like an image", "a JPEG image is expected"];
    assert_says(&decode(b"hello").unwrap_err(), &words);
}

#[test]
fn colours_in_separate_baseline_scans_are_read() {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 90);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    encoder.set_optimized_huffman_tables(true);
    encoder.encode(&[120; 48 * 48 * 3], 48, 48, ColorType::Rgb).unwrap();
    assert_eq!(decode(&bytes).unwrap().pixels, [120; 48 * 48 * 3]);
}
