//! Files that are damaged, made up or of a kind that is not read.

use resnet_jpeg::{Decoder, Error, Region};

use crate::properties::{all_ways_agree, decoder};
use crate::support::{Golden, picture, table};

/// Files that together use every kind of scan.
const KINDS: [&str; 6] = [
    "420.jpg",
    "422-restarts.jpg",
    "progressive-444.jpg",
    "progressive-restarts.jpg",
    "grey.jpg",
    "separate-scans.jpg",
];

#[test]
fn a_file_that_ends_anywhere_too_early_is_refused() {
    let mut decoder = Decoder::default();
    for name in KINDS {
        let encoded = picture(name);
        for end in 0..encoded.len() {
            let error = all_ways_agree(&mut decoder, &encoded[..end]).unwrap_err();
            assert!(!error.to_string().is_empty(), "{name} {end}");
        }
    }
}

#[test]
fn flipped_bits_never_panic() {
    let mut decoder = decoder();
    let (mut state, mut refused, mut tried) = (1_u64, 0, 0);
    for Golden { name, .. } in table("pictures.txt") {
        let whole = picture(&name);
        for _ in 0..300 {
            let mut encoded = whole.clone();
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let place = (state >> 33) as usize % (encoded.len() * 8);
            encoded[place / 8] ^= 1 << (place % 8);
            tried += 1;
            refused += usize::from(all_ways_agree(&mut decoder, &encoded).is_err());
        }
    }
    assert!(refused > tried / 20, "{refused} of {tried} refused");
}

#[test]
fn random_bytes_behind_a_header_never_panic() {
    let mut decoder = Decoder::default();
    let mut state = 7_u64;
    for name in KINDS {
        let whole = picture(name);
        let scan = whole.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
        for round in 0..100 {
            let mut encoded = whole.clone();
            for byte in &mut encoded[scan + 14..] {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                // Many bytes of zeros or ones: codes that are long, or end blocks at once.
                *byte = ((state >> 40) as u8) & [0xff, 0x11, 0x00, 0xfe][round % 4];
            }
            encoded.extend([0xff, 0xd9]);
            drop(all_ways_agree(&mut decoder, &encoded));
        }
    }
}

/// The same file with these bytes at `offset` behind the frame's marker.
fn with_frame(name: &str, offset: usize, bytes: &[u8]) -> Vec<u8> {
    let mut encoded = picture(name);
    let frame = encoded.windows(4).position(|w| w == [0xff, 0xc0, 0, 17]).unwrap();
    encoded[frame + 1 + offset..][..bytes.len()].copy_from_slice(bytes);
    encoded
}

#[test]
fn a_small_file_cannot_ask_for_much_memory() {
    let cases = [
        (with_frame("420.jpg", 4, &[0xea, 0x60, 0xea, 0x60]), "60000x60000 pixels are more than"),
        (with_frame("420.jpg", 4, &[0x20, 0, 0x20, 0]), "bytes cannot hold 8192x8192 pixels"),
        (with_frame("420.jpg", 4, &[0, 0, 0, 16]), "states no height"),
        (with_frame("420.jpg", 4, &[0, 16, 0, 0]), "without columns"),
    ];
    for (encoded, wanted) in cases {
        let mut decoder = Decoder::default();
        let mut error = None;
        let memory = allocation_counter::measure(|| {
            error = decoder.decode(&encoded, &mut Vec::new()).err();
        });
        let text = error.unwrap().to_string();
        assert!(text.contains(wanted), "{text}");
        assert!(memory.bytes_max < 100_000, "{memory:?}");
    }
}

#[test]
fn other_kinds_of_jpeg_are_named() {
    let cases = [
        (with_frame("420.jpg", 0, &[0xc3]), "a lossless JPEG"),
        (with_frame("420.jpg", 0, &[0xc6]), "a hierarchical JPEG"),
        (with_frame("420.jpg", 0, &[0xc9]), "a JPEG with arithmetic coding"),
        (with_frame("420.jpg", 3, &[12]), "a JPEG of 12 bits"),
        (with_frame("420.jpg", 8, &[2]), "a JPEG that has not 1, 3 or 4 components"),
        (
            with_frame("444.jpg", 10, &[0x31, 0, 2, 0x21]),
            "sampling factors do not divide each other",
        ),
    ];
    for (encoded, wanted) in cases {
        let error = all_ways_agree(&mut Decoder::default(), &encoded).unwrap_err();
        let expected = matches!(error, Error::Unsupported { .. } | Error::Precision { bits: 12 });
        assert!(expected, "{error}");
        assert!(error.to_string().contains(wanted), "{error}");
    }
    let error = Decoder::default().info(b"GIF89a").unwrap_err();
    assert_eq!(error, Error::NotJpeg);
}

#[test]
fn damage_is_named_with_its_place() {
    let whole = picture("422-restarts.jpg");
    let marker = whole.windows(2).position(|pair| pair == [0xff, 0xd3]).unwrap();
    let mut encoded = whole.clone();
    encoded[marker + 1] = 0xd5;
    let error = Decoder::default().check(&encoded).unwrap_err().to_string();
    assert!(error.contains("restart marker"), "{error}");
    assert!(error.contains(&format!("at byte {}", marker + 1)), "{error}");
    // Without the second half of an interval its blocks are missing.
    let mut encoded = whole;
    encoded.drain(marker - 6..marker);
    let error = Decoder::default().check(&encoded).unwrap_err().to_string();
    assert!(error.contains("of the picture, in the scan at byte"), "{error}");
}

#[test]
fn a_region_outside_the_picture_is_refused() {
    let encoded = picture("420.jpg");
    for (top, left, height, width) in [
        (0, 0, 0, 1),
        (0, 0, 1, 0),
        (45, 0, 1, 1),
        (0, 61, 1, 1),
        (1, 0, 45, 1),
        (2, 2, usize::MAX, 1),
    ] {
        let region = Region { top, left, height, width };
        let error =
            Decoder::default().decode_region(&encoded, region, &mut Vec::new()).unwrap_err();
        assert!(matches!(error, Error::NoSuchRegion { .. }), "{error}");
    }
}

#[test]
fn bytes_between_segments_are_passed_over() {
    let whole = picture("420.jpg");
    let frame = whole.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    let stray = [&whole[..frame], b" here \xff\x00 and there \xff\xff", &whole[frame..]].concat();
    let (mut wanted, mut pixels) = (Vec::new(), Vec::new());
    Decoder::default().decode(&whole, &mut wanted).unwrap();
    Decoder::default().decode(&stray, &mut pixels).unwrap();
    assert!(pixels == wanted);
}
