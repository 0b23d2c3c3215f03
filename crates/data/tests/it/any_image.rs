//! The loader's decoder: whatever a file turns out to be, whichever way the camera was held.

use std::fs;
use std::path::Path;

use resnet_data::{
    AnyImage, Decoder, ExifOrientation, Jpeg, Png, Region, RgbImage, SampleRng, Scratch, Transform,
};

use crate::support::{KEEP, assert_says, batches, in_order, jpeg, record, records_loader};

fn apply() -> AnyImage {
    AnyImage { orientation: ExifOrientation::Apply, ..AnyImage::default() }
}

fn golden(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)).unwrap()
}

fn decode(decoder: &dyn Decoder, bytes: &[u8]) -> RgbImage {
    let mut image = RgbImage::default();
    decoder.decode(bytes, &mut image).unwrap();
    image
}

/// A photograph 43 wide and 37 high with this orientation in its EXIF data.
fn held(orientation: u8) -> Vec<u8> {
    let mut bytes = golden("exif-orientation-6.jpg");
    let entry = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6];
    let place = bytes.windows(entry.len()).position(|window| window == entry).unwrap();
    bytes[place + entry.len() - 1] = orientation;
    bytes
}

#[test]
fn formats_are_told_by_content() {
    let png = golden("png/rgb-8.png");
    assert_eq!(decode(&AnyImage::default(), &png), decode(&Png::default(), &png));
    assert_eq!(decode(&AnyImage::default(), &jpeg(9)), decode(&Jpeg::default(), &jpeg(9)));
    let error = AnyImage::default().decode(b"RIFF0000WEBP", &mut RgbImage::default()).unwrap_err();
    assert_says(&error.to_string(), &["WebP", "JPEG, PNG, BMP"]);
}

#[test]
fn limits_hold_for_both_formats() {
    let decoder = AnyImage { max_pixels: 90, ..AnyImage::default() };
    for bytes in [golden("png/rgb-8.png"), jpeg(9)] {
        let error = decoder.decode(&bytes, &mut RgbImage::default()).unwrap_err().to_string();
        assert_says(&error, &["more than the limit of 90"]);
    }
}

#[test]
fn a_loader_takes_jpeg_and_png_from_one_source() {
    let png = golden("png/grey-8.png");
    let records = [record(&jpeg(50), 1, "a.JPEG"), record(&png, 2, "b.JPEG")];
    let batch = batches(&records_loader(&records, in_order(2, KEEP)), 0, 0).remove(0);
    assert_eq!((batch.labels, batch.weights), (vec![0, 1], vec![1.0; 2]));
}

#[test]
fn orientation_is_ignored_unless_asked_for() {
    let (plain, turned) = (decode(&Jpeg::default(), &held(1)), held(6));
    assert_eq!(decode(&AnyImage::default(), &turned), plain);
    assert_ne!(decode(&apply(), &turned), plain);
}

/// Where the pixel at row `y` and column `x` of the upright image is stored, by the table of
/// EXIF 2.32, section 4.6.4 A, Orientation.
fn stored_at(
    orientation: u8,
    (y, x): (usize, usize),
    (height, width): (usize, usize),
) -> (usize, usize) {
    let (bottom, right) = (height - 1, width - 1);
    match orientation {
        2 => (y, right - x),
        3 => (bottom - y, right - x),
        4 => (bottom - y, x),
        5 => (x, y),
        6 => (bottom - x, y),
        7 => (bottom - x, right - y),
        8 => (x, right - y),
        _ => (y, x),
    }
}

#[test]
fn every_orientation_is_turned_upright() {
    let plain = decode(&Jpeg::default(), &held(1));
    for orientation in 0..=9 {
        let upright = decode(&apply(), &held(orientation));
        let quarter_turn = (5..=8).contains(&orientation);
        let size = if quarter_turn { (43, 37) } else { (37, 43) };
        assert_eq!((upright.height, upright.width), size, "orientation {orientation}");
        for place in (0..size.0).flat_map(|y| (0..size.1).map(move |x| (y, x))) {
            let (y, x) = stored_at(orientation, place, (37, 43));
            let stored = &plain.pixels[(y * 43 + x) * 3..][..3];
            let shown = &upright.pixels[(place.0 * size.1 + place.1) * 3..][..3];
            assert_eq!(shown, stored, "orientation {orientation} at {place:?}");
        }
    }
}

#[test]
fn damaged_exif_data_does_not_matter() {
    let bytes = held(6);
    let plain = decode(&Jpeg::default(), &bytes);
    // Length of the segment, its name, and the TIFF structure up to the end.
    for index in 28..56 {
        let mut damaged = bytes.clone();
        damaged[index] ^= 0xff;
        let mut pixels = decode(&apply(), &damaged).pixels;
        let mut expected = plain.pixels.clone();
        pixels.sort_unstable();
        expected.sort_unstable();
        assert!(pixels == expected, "byte {index}");
    }
}

/// A picture of photograph size, with something in it.
fn texture() -> (Vec<u8>, u16, u16) {
    let (width, height) = (500u16, 375u16);
    let level = |index: usize| u8::try_from(index * index / 977 % 256).unwrap();
    ((0..usize::from(width) * usize::from(height) * 3).map(level).collect(), width, height)
}

fn encoded_texture(format: image::ImageFormat) -> Vec<u8> {
    let (pixels, width, height) = texture();
    let mut bytes = Vec::new();
    if format == image::ImageFormat::Png {
        let image = image::RgbImage::from_raw(width.into(), height.into(), pixels).unwrap();
        image.write_to(&mut std::io::Cursor::new(&mut bytes), format).unwrap();
    } else {
        let encoder = jpeg_encoder::Encoder::new(&mut bytes, 90);
        encoder.encode(&pixels, width, height, jpeg_encoder::ColorType::Rgb).unwrap();
    }
    bytes
}

/// What a codec allocates inside for each image; the pixels, 562,500 bytes, are not among it.
#[test]
fn a_warm_decoder_takes_no_memory_for_pixels() {
    for format in [image::ImageFormat::Jpeg, image::ImageFormat::Png] {
        let bytes = encoded_texture(format);
        let mut image = decode(&AnyImage::default(), &bytes);
        let memory = allocation_counter::measure(|| {
            AnyImage::default().decode(&bytes, &mut image).unwrap();
        });
        println!("{format:?}: {} allocations, {} bytes", memory.count_total, memory.bytes_total);
        assert!(memory.bytes_total < 500_000, "{format:?}: {memory:?}");
    }
}

/// Decodes a region, and compares it with the whole.
fn decode_region(decoder: &dyn Decoder, bytes: &[u8], region: Region) -> RgbImage {
    let (mut part, mut sizes) = (RgbImage::default(), Vec::new());
    let mut pick = |height, width| {
        sizes.push((height, width));
        region
    };
    decoder.decode_region(bytes, &mut pick, &mut part).unwrap();
    let whole = decode(decoder, bytes);
    assert_eq!(sizes, [(whole.height, whole.width)], "asked once");
    let rows = whole.pixels.chunks_exact(3 * whole.width).skip(region.top).take(region.height);
    let cut: Vec<u8> =
        rows.flat_map(|row| &row[3 * region.left..][..3 * region.width]).copied().collect();
    assert!(part.pixels == cut, "{region:?}");
    part
}

#[test]
fn a_region_has_the_pixels_of_the_whole() {
    let names = ["baseline-420.jpg", "progressive-420.jpg", "cmyk.jpg", "png/rgb-8.png"];
    let files = names.map(golden).into_iter().chain([held(6)]);
    for bytes in files {
        for decoder in [AnyImage::default(), apply()] {
            let RgbImage { height, width, .. } = decode(&decoder, &bytes);
            let inside = Region {
                top: height / 4,
                left: width / 3,
                height: height.div_ceil(2),
                width: width.div_ceil(2),
            };
            for region in [inside, Region::whole(height, width)] {
                let part = decode_region(&decoder, &bytes, region);
                assert_eq!((part.height, part.width), (region.height, region.width));
            }
        }
    }
}

#[test]
fn a_transform_of_its_region_is_that_of_the_whole() {
    let (decoder, bytes) = (AnyImage::default(), golden("baseline-422.jpg"));
    let whole = decode(&decoder, &bytes);
    let transforms = [
        Transform::imagenet_train(24),
        Transform::tensorflow_train(24),
        Transform::imagenet_validation(24),
        Transform::pad_crop(24, 4),
    ];
    for (transform, index) in transforms.iter().flat_map(|t| (0..20).map(move |index| (t, index))) {
        let (mut scratch, mut of_whole, mut of_region) =
            (Scratch::default(), vec![0; 24 * 24 * 3], vec![0; 24 * 24 * 3]);
        let mut rng = SampleRng::for_sample(1, 2, index);
        transform.apply(&whole, &mut rng, &mut scratch, &mut of_whole).unwrap();
        let mut rng = SampleRng::for_sample(1, 2, index);
        let region = transform.draw_region(whole.height, whole.width, &mut rng);
        let part = decode_region(&decoder, &bytes, region);
        transform.apply_to_region(&part, &mut rng, &mut scratch, &mut of_region).unwrap();
        assert!(of_region == of_whole, "{transform}, {index}");
    }
}
