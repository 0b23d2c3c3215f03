//! DICOM against pydicom.
//!
//! The golden files are made by `tests/golden/dicom_files.py`; every `.dcm` there is a test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use resnet_data::{
    AnyImage, Channels, Contrast, DecodeError, Decoder, Depth, Dicom, DicomOptions, Frame,
    RgbImage, Window,
};

use crate::support::assert_says;

/// The most heap memory that one of these files may take: each has 99 pixels. A panic inside the library,
/// which is caught, takes 32 MiB for its backtrace.
const MAX_BYTES: u64 = 64 << 20;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/dicom")
}

fn names(wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let dicom = entries.filter(|path| path.extension().is_some_and(|found| found == "dcm"));
    let names = dicom.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned());
    let mut names: Vec<String> = names.filter(|name| wanted(name)).collect();
    names.sort();
    names
}

fn file(name: &str) -> Vec<u8> {
    fs::read(folder().join(name)).unwrap()
}

fn with(window: Window, frame: Frame) -> Dicom {
    Dicom { options: DicomOptions { window, frame }, ..Dicom::default() }
}

fn sixteen(decoder: &dyn Decoder, name: &str) -> RgbImage<u16> {
    let mut image = RgbImage::default();
    let bytes = file(&format!("{name}.dcm"));
    decoder.decode_16(&bytes, &mut image).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!((image.height, image.width), (11, 9), "{name}");
    image
}

/// Asserts that grey levels are pydicom's, rounded to 16 bits, within 1; of lossy JPEG within a few.
#[track_caller]
fn assert_grey(image: &RgbImage<u16>, golden: &str) {
    let golden_levels = file(&format!("{golden}.u16"));
    let golden_levels =
        golden_levels.as_chunks::<2>().0.iter().map(|&pair| u16::from_le_bytes(pair));
    let allowed = if golden.starts_with("lossy") { 2 * 257 } else { 1 };
    let mut pixels = 0;
    for (pixel, expected) in image.pixels.chunks(3).zip(golden_levels) {
        assert!(pixel.iter().all(|level| *level == pixel[0]), "{golden}: {pixel:?}");
        assert!(pixel[0].abs_diff(expected) <= allowed, "{golden}: {} {expected}", pixel[0]);
        pixels += 1;
    }
    assert_eq!(pixels, 99);
}

#[test]
fn grey_levels_are_pydicoms() {
    let names = names(|name| folder().join(format!("{name}.u16")).exists());
    assert!(names.len() >= 22, "golden files are missing: {names:?}");
    for name in names.iter().filter(|name| !name.starts_with("given")) {
        assert_grey(&sixteen(&Dicom::default(), name), name);
    }
    let window = Window::Given { center: 40.0, width: 400.0 };
    assert_grey(&sixteen(&with(window, Frame::First), "given-40-400"), "given-40-400");
}

#[test]
fn without_a_window_a_picture_is_stretched_for_the_eye() {
    let contrast = |window, name: &str| {
        let decoder = AnyImage { dicom: with(window, Frame::First).options, ..AnyImage::default() };
        Contrast::of_encoded(&file(&format!("{name}.dcm")), &decoder).unwrap()
    };
    let given = Window::Given { center: 40.0, width: 400.0 };
    assert_eq!(contrast(Window::OfFile, "window"), Contrast::AsStored);
    assert_eq!(contrast(given, "grey-12"), Contrast::AsStored);
    assert_eq!(contrast(Window::OfFile, "grey-12"), Contrast::Stretched);
    assert_eq!(contrast(Window::Full, "window"), Contrast::Stretched);
    assert_eq!(contrast(Window::OfFile, "grey-8-explicit"), Contrast::AsStored);
}

#[test]
fn a_window_given_or_none_takes_the_place_of_that_of_the_file() {
    let own = sixteen(&Dicom::default(), "window");
    let full = sixteen(&with(Window::Full, Frame::First), "window");
    assert_ne!(own, full);
    let levels = |image: &RgbImage<u16>| {
        let mut levels: Vec<u16> = image.pixels.clone();
        levels.sort_unstable();
        levels.dedup();
        levels.len()
    };
    // Most values lie outside of the file's window, which makes them black or white.
    assert!(levels(&own) < 30 && levels(&full) > 90, "{} {}", levels(&own), levels(&full));
}

#[test]
fn every_frame_can_be_chosen_and_a_missing_one_is_named() {
    for frame in 0..4 {
        let image = sixteen(&with(Window::OfFile, Frame::Number(frame)), "frames");
        assert_grey(&image, &format!("frames-{frame}"));
    }
    assert_grey(&sixteen(&Dicom::default(), "frames"), "frames-0");
    assert_grey(&sixteen(&with(Window::OfFile, Frame::Middle), "frames"), "frames-2");
    let decoder = with(Window::OfFile, Frame::Number(4));
    let error = decoder.decode(&file("frames.dcm"), &mut RgbImage::default()).unwrap_err();
    assert_says(&error.to_string(), &["of 4 frames", "number 4 (from 0)", "choose another"]);
}

#[test]
fn colours_are_pillows() {
    let names = names(|name| folder().join(format!("{name}.rgb")).exists());
    assert_eq!(names.len(), 6, "{names:?}");
    for name in names {
        let mut image = RgbImage::default();
        Dicom::default().decode(&file(&format!("{name}.dcm")), &mut image).unwrap();
        let golden = file(&format!("{name}.rgb"));
        let worst = std::iter::zip(&image.pixels, &golden).map(|(a, b)| a.abs_diff(*b)).max();
        // Of JPEG and of other colours, rounding.
        let allowed = if name.starts_with("rgb-planar") { 0 } else { 5 };
        assert!(image.pixels.len() == golden.len() && worst <= Some(allowed), "{name}: {worst:?}");
    }
}

#[test]
fn eight_bits_are_the_sixteen_rounded() {
    for name in names(|name| !name.starts_with("refused")) {
        let wide = sixteen(&Dicom::default(), &name);
        let mut narrow = RgbImage::default();
        AnyImage::default().decode(&file(&format!("{name}.dcm")), &mut narrow).unwrap();
        for (narrow, wide) in std::iter::zip(narrow.pixels, wide.pixels) {
            let difference = f64::from(narrow) - f64::from(wide) / 257.0;
            assert!(difference.abs() <= 0.51, "{name}: {narrow} {wide}");
        }
    }
}

#[test]
fn bits_and_channels_are_told() {
    for (name, channels, depth) in [
        ("grey-8-explicit", Channels::Grey, Depth::Eight),
        ("grey-12", Channels::Grey, Depth::Sixteen),
        ("grey-16-big-endian", Channels::Grey, Depth::Sixteen),
        ("lossless-8", Channels::Grey, Depth::Eight),
        ("rgb-planar-1", Channels::Rgb, Depth::Eight),
    ] {
        let stored = AnyImage::default().stored_format(&file(&format!("{name}.dcm"))).unwrap();
        assert_eq!((stored.channels, stored.depth), (channels, depth), "{name}");
    }
}

#[test]
fn what_is_not_read_is_named() {
    let error = |name: &str| {
        let bytes = file(&format!("refused-{name}.dcm"));
        AnyImage::default().decode(&bytes, &mut RgbImage::default()).unwrap_err()
    };
    let jpeg2000 = error("jpeg2000");
    assert!(matches!(jpeg2000, DecodeError::TransferSyntax { .. }), "{jpeg2000}");
    let words = ["1.2.840.10008.1.2.4.90", "JPEG 2000 Lossless", "convert the file"];
    assert_says(&jpeg2000.to_string(), &words);
    assert_says(&error("deflated").to_string(), &["1.2.840.10008.1.2.1.99", "Deflated"]);
    assert_says(&error("palette").to_string(), &["PALETTE COLOR", "convert it to a PNG"]);
    let precision = error("12-bit-jpeg");
    assert!(matches!(precision, DecodeError::JpegPrecision(12)), "{precision}");
}

/// Decodes, and asserts that little memory was taken.
fn decode_in_bounds(bytes: &[u8], name: &str) -> Result<RgbImage<u16>, String> {
    let mut image = RgbImage::default();
    let mut result = Ok(());
    let memory =
        allocation_counter::measure(|| result = AnyImage::default().decode_16(bytes, &mut image));
    assert!(memory.bytes_max < MAX_BYTES, "{name}: {memory:?}");
    result.map(|()| image).map_err(|error| error.to_string())
}

#[test]
fn files_cut_anywhere_are_errors_or_whole_and_take_little_memory() {
    for name in names(|_| true) {
        let bytes = file(&format!("{name}.dcm"));
        let whole = decode_in_bounds(&bytes, &name);
        for len in (0..bytes.len()).step_by(7) {
            let cut = decode_in_bounds(&bytes[..len], &name);
            assert!(cut.is_err() || cut == whole, "{name} cut at {len}");
        }
    }
}

#[test]
fn flipped_bits_never_panic_and_take_little_memory() {
    for name in names(|_| true) {
        let bytes = file(&format!("{name}.dcm"));
        for index in 128..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[index] ^= 1 << (index % 8);
            drop(decode_in_bounds(&damaged, &name));
        }
    }
}

#[test]
fn lengths_beyond_the_file_take_no_memory() {
    let bytes = file("grey-16-explicit.dcm");
    // The pixels: group 7fe0, element 0010, type OW, two bytes of nothing, length.
    let place = bytes.windows(6).position(|window| window == b"\xe0\x7f\x10\x00OW").unwrap();
    let mut damaged = bytes.clone();
    damaged[place + 8..place + 12].copy_from_slice(&0x7fff_fff0_u32.to_le_bytes());
    let error = decode_in_bounds(&damaged, "a long element").unwrap_err();
    assert_says(&error, &[&format!("the element at byte {place} is longer than the file")]);
}

/// Lines of `peers/pydicom_files.py`; `None` without an interpreter that has pydicom.
fn pydicoms_files(folder: &Path) -> Option<Vec<serde_json::Value>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/pydicom_files.py");
    let python = std::env::var_os("RESNET_PYTHON");
    let output =
        python.map(|python| Command::new(python).arg(script).arg(folder).output().unwrap());
    let Some(output) = output.filter(|output| output.stdout != b"no pydicom\n") else {
        eprintln!("SKIPPED: RESNET_PYTHON names no interpreter with pydicom");
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    Some(lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// How far levels are from those in a file, which is named by what it holds.
fn difference(bytes: &[u8], golden: &Path) -> Result<u16, String> {
    let content = fs::read(golden).unwrap();
    let (mut eight, mut sixteen) = (RgbImage::default(), RgbImage::default());
    let worst = if golden.extension().unwrap() == "u16" {
        let decoded = Dicom::default().decode_16(bytes, &mut sixteen);
        decoded.map_err(|error| error.to_string())?;
        let levels = content.as_chunks().0.iter().map(|&pair| u16::from_le_bytes(pair));
        assert_eq!(sixteen.pixels.len(), content.len() / 2 * 3);
        sixteen
            .pixels
            .iter()
            .step_by(3)
            .zip(levels)
            .map(|(ours, theirs)| ours.abs_diff(theirs))
            .max()
    } else {
        let decoded = Dicom::default().decode(bytes, &mut eight);
        decoded.map_err(|error| error.to_string())?;
        assert_eq!(eight.pixels.len(), content.len());
        let differences =
            eight.pixels.iter().zip(content).map(|(ours, theirs)| ours.abs_diff(theirs));
        differences.map(u16::from).max()
    };
    Ok(worst.unwrap_or(0))
}

#[test]
fn pydicoms_own_files_are_as_pydicom_reads_them_or_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let Some(lines) = pydicoms_files(folder.path()) else { return };
    let (mut equal, mut refused, mut different) = (0, 0, Vec::new());
    for line in lines {
        let path = line["path"].as_str().unwrap();
        let bytes = fs::read(path).unwrap();
        // What pydicom needs further packages for, we may read or not; nothing panics.
        match Dicom::default().decode(&bytes, &mut RgbImage::default()) {
            Err(DecodeError::TransferSyntax { uid, name }) => {
                assert_eq!(line["syntax"], uid, "{path}");
                assert_ne!(name, "unknown", "{path}");
                refused += 1;
            }
            _ => {
                let Some(golden) = line["expected"].as_str() else { continue };
                match difference(&bytes, &folder.path().join(golden)) {
                    Ok(0 | 1) => equal += 1,
                    found => different.push(format!("{path}: {found:?}")),
                }
            }
        }
    }
    assert!(different.is_empty(), "{equal} are equal, and not: {different:#?}");
    assert!(equal >= 40 && refused >= 10, "{equal} are equal, {refused} refused");
}
