//! TIFF and BMP, and all 16 bits of PNG, against pixels that Pillow or numpy wrote.
//!
//! The golden files are made by `tests/golden/formats.py` and `png.py`; every picture there is a test.

use std::fs;
use std::path::{Path, PathBuf};

use resnet_data::{AnyImage, Bmp, Channels, Decoder, Depth, Png, RgbImage, Tiff};

use crate::support::{assert_says, jpeg};

/// The most heap memory that one of these files may take. Each has 99 pixels, and a few hundred bytes, which
/// after some damage could be those of a larger picture.
const MAX_BYTES: u64 = 32 << 20;

fn goldens(folder: &str, extension: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(folder);
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|found| found == extension)).collect();
    found.sort();
    found
}

fn is_refused(path: &Path) -> bool {
    path.file_stem().unwrap().to_str().unwrap().starts_with("refused")
}

fn eight(decoder: &dyn Decoder, bytes: &[u8]) -> Result<RgbImage, String> {
    let mut image = RgbImage::default();
    decoder.decode(bytes, &mut image).map_err(|error| error.to_string())?;
    Ok(image)
}

fn sixteen(decoder: &dyn Decoder, bytes: &[u8]) -> Result<RgbImage<u16>, String> {
    let mut image = RgbImage::default();
    decoder.decode_16(bytes, &mut image).map_err(|error| error.to_string())?;
    Ok(image)
}

fn words(bytes: &[u8]) -> Vec<u16> {
    bytes.as_chunks::<2>().0.iter().map(|&pair| u16::from_le_bytes(pair)).collect()
}

/// Asserts that a picture decodes to its golden pixels, in 8 and in 16 bits.
#[track_caller]
fn assert_golden(decoder: &dyn Decoder, path: &Path, eight_bits: &Path) {
    let bytes = fs::read(path).unwrap();
    let (narrow, wide) = (eight(decoder, &bytes).unwrap(), sixteen(decoder, &bytes).unwrap());
    assert_eq!((narrow.height, narrow.width), (11, 9), "{path:?}");
    assert_eq!((wide.height, wide.width), (11, 9), "{path:?}");
    let depth = decoder.stored_format(&bytes).unwrap().depth;
    if let Ok(golden) = fs::read(path.with_extension("rgb16")) {
        let golden = words(&golden);
        assert!(wide.pixels == golden, "{}", path.display());
        let upper: Vec<u8> = golden.iter().map(|level| (level >> 8) as u8).collect();
        assert!(narrow.pixels == upper, "{}", path.display());
        assert_eq!(depth, Depth::Sixteen, "{path:?}");
    } else {
        let golden = fs::read(eight_bits).unwrap();
        assert!(narrow.pixels == golden, "{}", path.display());
        let widened: Vec<u16> = golden.iter().map(|&level| u16::from(level) * 257).collect();
        assert!(wide.pixels == widened, "{}", path.display());
        assert_eq!(depth, Depth::Eight, "{path:?}");
    }
}

#[test]
fn tiff_is_as_it_was_written_in_8_and_16_bits() {
    let goldens = goldens("formats", "tif");
    assert!(goldens.len() >= 38, "golden files are missing: {goldens:?}");
    for path in goldens.iter().filter(|path| !is_refused(path)) {
        assert_golden(&Tiff::default(), path, &path.with_extension("rgb"));
        let grey = ["grey", "white"];
        let grey =
            grey.iter().any(|word| path.file_name().unwrap().to_str().unwrap().starts_with(word));
        let stored = Tiff::default().stored_format(&fs::read(path).unwrap()).unwrap();
        assert_eq!(stored.channels, if grey { Channels::Grey } else { Channels::Rgb }, "{path:?}");
    }
}

#[test]
fn other_kinds_of_tiff_are_refused_with_a_remedy() {
    let mut count = 0;
    for path in goldens("formats", "tif").iter().filter(|path| is_refused(path)) {
        let error = eight(&Tiff::default(), &fs::read(path).unwrap()).unwrap_err();
        assert_says(&error, &["a TIFF with", "save it as grey or RGB of 8 or 16 bits"]);
        count += 1;
    }
    assert_eq!(count, 2);
}

#[test]
fn bmp_is_as_pillow_reads_it() {
    let goldens = goldens("formats", "bmp");
    assert_eq!(goldens.len(), 5, "{goldens:?}");
    for path in goldens {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        assert_golden(&Bmp::default(), &path, &path.with_file_name(format!("{stem}-bmp.rgb")));
    }
}

#[test]
fn png_keeps_its_16_bits_where_they_are_wanted() {
    let goldens = goldens("png", "png");
    assert!(goldens.iter().filter(|path| path.with_extension("rgb16").exists()).count() >= 12);
    for path in goldens {
        assert_golden(&Png::default(), &path, &path.with_extension("rgb"));
    }
}

#[test]
fn any_image_tells_formats_apart_in_both_depths() {
    for (folder, extension) in [("formats", "tif"), ("formats", "bmp"), ("png", "png")] {
        for path in goldens(folder, extension).iter().filter(|path| !is_refused(path)) {
            let bytes = fs::read(path).unwrap();
            let any = AnyImage::default();
            let alone: &dyn Decoder = match extension {
                "tif" => &Tiff::default(),
                "bmp" => &Bmp::default(),
                _ => &Png::default(),
            };
            assert!(eight(&any, &bytes) == eight(alone, &bytes), "{path:?}");
            assert!(sixteen(&any, &bytes) == sixteen(alone, &bytes), "{path:?}");
            assert_eq!(any.stored_format(&bytes).unwrap(), alone.stored_format(&bytes).unwrap());
        }
    }
}

#[test]
fn a_jpeg_is_scaled_to_16_bits_and_grey_ones_are_told() {
    let any = AnyImage::default();
    let (narrow, wide) = (eight(&any, &jpeg(90)).unwrap(), sixteen(&any, &jpeg(90)).unwrap());
    let widened: Vec<u16> = narrow.pixels.iter().map(|&level| u16::from(level) * 257).collect();
    assert!(wide.pixels == widened);
    assert_eq!(any.stored_format(&jpeg(90)).unwrap().channels, Channels::Rgb);
    let grey = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/grey.jpg");
    let stored = any.stored_format(&fs::read(grey).unwrap()).unwrap();
    assert_eq!((stored.channels, stored.depth), (Channels::Grey, Depth::Eight));
}

#[test]
fn a_jpeg_of_12_bits_is_an_error_of_its_own() {
    let mut bytes = jpeg(90);
    // The frame of an extended sequential JPEG with that precision, as far as its header goes.
    let frame = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    (bytes[frame + 1], bytes[frame + 4]) = (0xc1, 12);
    let decoded = AnyImage::default().decode(&bytes, &mut RgbImage::default());
    let error = decoded.unwrap_err();
    assert!(matches!(error, resnet_data::DecodeError::JpegPrecision(12)), "{error}");
    assert_says(&error.to_string(), &["12 bits", "save it as a 16-bit PNG or TIFF"]);
}

/// Decodes, and asserts that little memory was taken.
fn decode_in_bounds(bytes: &[u8], path: &Path) -> Result<RgbImage<u16>, String> {
    let mut result = Err(String::new());
    let memory = allocation_counter::measure(|| result = sixteen(&AnyImage::default(), bytes));
    assert!(memory.bytes_max < MAX_BYTES, "{}: {memory:?}", path.display());
    result
}

#[test]
fn files_cut_anywhere_are_errors_or_whole_and_take_little_memory() {
    for path in [goldens("formats", "tif"), goldens("formats", "bmp")].concat() {
        let bytes = fs::read(&path).unwrap();
        let whole = decode_in_bounds(&bytes, &path);
        for len in 0..bytes.len() {
            let cut = decode_in_bounds(&bytes[..len], &path);
            assert!(cut.is_err() || cut == whole, "{} cut at {len}", path.display());
        }
    }
}

#[test]
fn flipped_bits_never_panic_and_take_little_memory() {
    for path in [goldens("formats", "tif"), goldens("formats", "bmp")].concat() {
        let bytes = fs::read(&path).unwrap();
        for index in 0..bytes.len() {
            for bit in [index % 8, 7 - index % 8] {
                let mut damaged = bytes.clone();
                damaged[index] ^= 1 << bit;
                drop(decode_in_bounds(&damaged, &path));
            }
        }
    }
}

#[test]
fn a_tag_of_tiff_that_leads_out_of_the_file_takes_no_memory() {
    for name in ["grey-8.tif", "grey-8-bigtiff.tif"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/formats");
        let mut bytes = fs::read(folder.join(name)).unwrap();
        // The entry of the strips' lengths (tag 279, numbers of 4 bytes, perhaps of 2).
        let entry = |pair: &[u8]| pair[..2] == [23, 1] && matches!(pair[2..4], [3 | 4, 0]);
        let place = bytes.windows(4).rposition(entry).unwrap();
        // Of the count, the third byte.
        bytes[place + 6] = 3;
        let error = decode_in_bounds(&bytes, Path::new(name)).unwrap_err();
        assert_says(&error, &[&format!("tag 279 at byte {place} is longer than the file")]);
    }
}

#[test]
fn limits_hold() {
    let path = goldens("formats", "tif").into_iter().find(|path| !is_refused(path)).unwrap();
    let error = eight(&Tiff { max_pixels: 98 }, &fs::read(path).unwrap()).unwrap_err();
    assert_says(&error, &["9x11 pixels", "limit of 98"]);
    let path = goldens("formats", "bmp").remove(0);
    let error = eight(&Bmp { max_pixels: 98 }, &fs::read(path).unwrap()).unwrap_err();
    assert_says(&error, &["9x11 pixels", "limit of 98"]);
}
