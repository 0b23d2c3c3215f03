//! Images of 16 bits through transforms and loader.
//!
//! `tests/golden/resize_16.py` writes what resizing is compared with.

use std::fs;
use std::path::Path;

use resnet_data::{
    AnyImage, Channels, Crop, Depth, Interpolation, Loader, LoaderOptions, PixelFormat, PixelOp,
    PixelSampling, Pixels, Region, Resizer, RgbImage, SampleRng, Scratch, Transform,
};

use crate::inspect_support::{encoded, even, report, split};
use crate::support::{batches, in_order, jpeg, record, records_loader, synthetic};

const SIXTEEN: PixelFormat = PixelFormat { channels: Channels::Rgb, depth: Depth::Sixteen };
const GREY_SIXTEEN: PixelFormat = PixelFormat { channels: Channels::Grey, depth: Depth::Sixteen };

fn golden(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)).unwrap()
}

fn words(bytes: &[u8]) -> Vec<u16> {
    bytes.as_chunks::<2>().0.iter().map(|&pair| u16::from_le_bytes(pair)).collect()
}

#[test]
fn resizing_is_pillows_within_one_of_65536_levels() {
    let (text, levels) = (golden("resize-16.txt"), words(&golden("resize-16.u16")));
    let text = String::from_utf8(text).unwrap();
    let numbers = |line: &str| -> Vec<usize> {
        line.split(' ').filter_map(|word| word.parse().ok()).collect()
    };
    let mut lines = text.lines();
    let size = numbers(lines.next().unwrap());
    let (pixels, mut rest) = levels.split_at(size[0] * size[1] * 3);
    let image = RgbImage { height: size[0], width: size[1], pixels: pixels.to_vec() };
    let (mut resizer, mut cases) = (Resizer::default(), 0);
    for line in lines {
        let [top, left, height, width, side] = numbers(line)[..] else { panic!("{line}") };
        let how = match line.split(' ').next().unwrap() {
            "nearest" => Interpolation::Nearest,
            "bilinear" => Interpolation::Bilinear,
            _ => Interpolation::Bicubic,
        };
        let expected = rest.split_off(..side * side * 3).unwrap();
        let mut out = vec![0u16; expected.len()];
        let region = Region { top, left, height, width };
        resizer.resize_by(how, &image, region, (side, side), &mut out).unwrap();
        let worst = std::iter::zip(&out, expected).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(worst <= 1, "{line}: {worst} levels");
        cases += 1;
    }
    assert_eq!((cases, rest.len()), (15, 0));
}

/// Every operation, with parameters that do something.
fn operations() -> Vec<PixelOp> {
    let region = Region { top: 2, left: 3, height: 5, width: 4 };
    vec![
        PixelOp::HorizontalFlip,
        PixelOp::VerticalFlip,
        PixelOp::Grayscale,
        PixelOp::Brightness(1.3),
        PixelOp::Contrast(0.6),
        PixelOp::Saturation(1.5),
        PixelOp::Sharpness(1.7),
        PixelOp::Hue(0.2),
        PixelOp::Invert,
        PixelOp::Solarize(100.0),
        PixelOp::AutoContrast,
        PixelOp::ShearX(0.2, PixelSampling::Bilinear),
        PixelOp::ShearY(-0.2, PixelSampling::Nearest),
        PixelOp::Translate { x: 3, y: -2 },
        PixelOp::Rotate(20.0, PixelSampling::Bilinear),
        PixelOp::Erase { region, value: [1, 20, 255] },
    ]
}

/// Levels of 20x20 pixels with colour, dark to light.
fn picture() -> Vec<u8> {
    let mut rng = SampleRng::for_sample(3, 0, 0);
    (0..20 * 20 * 3).map(|n| (rng.below(64) + n / 8) as u8).collect()
}

#[test]
fn operations_do_to_16_bits_what_they_do_to_8() {
    for op in operations() {
        let mut narrow = picture();
        let mut wide: Vec<u16> = narrow.iter().map(|&level| u16::from(level) * 257).collect();
        op.apply(&mut narrow, 20, &mut Scratch::default());
        op.apply(&mut wide, 20, &mut Scratch::default());
        // Rounding and truncation; of a hue in 8 bits, a step is 1 of 255 of the circle.
        let allowed = if matches!(op, PixelOp::Hue(_)) { 12.0 } else { 1.5 };
        for (narrow, wide) in std::iter::zip(narrow, wide) {
            let difference = (f64::from(wide) / 257.0 - f64::from(narrow)).abs();
            assert!(difference <= allowed, "{op:?}: {narrow} and {wide}");
        }
    }
}

#[test]
fn posterizing_keeps_the_upper_bits_and_equalizing_spreads_levels_evenly() {
    let mut levels = vec![0xabcd_u16, 0x1234, 0xffff];
    PixelOp::Posterize(5).apply(&mut levels, 1, &mut Scratch::default());
    assert_eq!(levels, [0xa800, 0x1000, 0xf800]);
    let mut levels: Vec<u16> = (0..101u16).flat_map(|n| [n * 3, 500 + n, 7]).collect();
    PixelOp::Equalize.apply(&mut levels, 101, &mut Scratch::default());
    for (n, pixel) in (0u32..).zip(levels.chunks(3)) {
        let even = (n * 65_535 / 100) as u16;
        assert_eq!(pixel, [even, even, 7]);
    }
}

#[test]
fn a_mixture_of_16_bits_is_the_image_where_nothing_is_changed() {
    let levels: Vec<u16> = (0..300).map(|n| n * 211).collect();
    let mut mixed = levels.clone();
    let mut scratch = Scratch::default();
    for op in
        [PixelOp::MixBegin(0.25), PixelOp::MixAdd(0.5), PixelOp::MixAdd(0.25), PixelOp::MixEnd]
    {
        op.apply(&mut mixed, 10, &mut scratch);
    }
    assert_eq!(mixed, levels);
}

/// Keeps the middle 9x9 of 11 rows and 9 columns.
fn middle() -> Transform {
    Transform::new(9, Crop::ResizeCenterCrop { resize: 9 })
}

#[test]
fn a_loader_keeps_16_bits_to_the_batch() {
    let records =
        [record(&golden("png/rgb-16.png"), 1, "a"), record(&golden("png/rgb-8.png"), 2, "b")];
    let options = LoaderOptions { format: SIXTEEN, ..in_order(2, middle()) };
    let batch = batches(&records_loader(&records, options), 0, 0).remove(0);
    let levels = batch.images.as_sixteen().unwrap();
    let (row, image) = (9 * 3, 9 * 9 * 3);
    let wide = words(&golden("png/rgb-16.rgb16"));
    assert!(levels[..image] == wide[row..row + image]);
    let narrow = golden("png/rgb-8.rgb");
    let widened: Vec<u16> = narrow.iter().map(|&level| u16::from(level) * 257).collect();
    assert!(levels[image..] == widened[row..row + image]);
}

#[test]
fn a_grey_batch_has_one_channel_which_is_the_luma_of_colour() {
    let records = [record(&golden("png/grey-16.png"), 1, "a"), record(&jpeg(90), 2, "b")];
    let options = LoaderOptions { format: GREY_SIXTEEN, ..in_order(2, middle()) };
    let batch = batches(&records_loader(&records, options), 0, 0).remove(0);
    assert_eq!((batch.channels, batch.images.len()), (Channels::Grey, 2 * 9 * 9));
    let grey: Vec<u16> =
        words(&golden("png/grey-16.rgb16"))[9 * 3..10 * 9 * 3].iter().copied().step_by(3).collect();
    let levels = batch.images.as_sixteen().unwrap();
    assert!(levels[..81] == grey);
    assert!(levels[81..].iter().all(|level| level.abs_diff(90 * 257) <= 2 * 257));

    let format = PixelFormat { channels: Channels::Grey, depth: Depth::Eight };
    let options = in_order(1, Transform::new(20, Crop::Squash));
    let rgb = batches(&synthetic(1, options.clone()), 0, 0).remove(0);
    let grey = batches(&synthetic(1, LoaderOptions { format, ..options }), 0, 0).remove(0);
    let luma = |rgb: &[u8]| {
        let [r, g, b] = [rgb[0], rgb[1], rgb[2]].map(f64::from);
        0.299 * r + 0.587 * g + 0.114 * b
    };
    let colours = rgb.images.as_eight().unwrap().chunks(3);
    for (colour, &level) in colours.zip(grey.images.as_eight().unwrap()) {
        assert!((luma(colour) - f64::from(level)).abs() < 0.51, "{colour:?}: {level}");
    }
}

#[test]
fn batches_of_16_bits_are_recycled_split_and_the_same_for_any_number_of_workers() {
    let load = |workers| {
        let options = in_order(3, Transform::imagenet_train(16));
        let loader = synthetic(8, LoaderOptions { format: SIXTEEN, workers, ..options });
        let mut epoch = loader.epoch(0, 0);
        let mut all = Vec::new();
        while let Some(batch) = epoch.next() {
            let batch = batch.unwrap();
            all.push(batch.images.as_sixteen().unwrap().to_vec());
            epoch.recycle(batch);
        }
        all
    };
    assert_eq!(load(1), load(4));
    let options = LoaderOptions { format: SIXTEEN, ..in_order(3, Transform::imagenet_train(16)) };
    let batch = batches(&synthetic(3, options), 0, 0).remove(0);
    let parts = batch.clone().split(2);
    let levels = parts.iter().flat_map(|part| part.images.as_sixteen().unwrap().to_vec());
    assert_eq!(Pixels::Sixteen(levels.collect()), batch.images);
}

#[test]
fn the_form_that_keeps_everything_is_found_in_headers() {
    let of = |images: &[(&str, Vec<u8>)]| {
        let records: Vec<Vec<u8>> =
            images.iter().map(|(name, bytes)| record(bytes, 1, name)).collect();
        let loader: Loader = records_loader(&records, in_order(1, middle()));
        PixelFormat::of_images(&**loader.source(), &AnyImage::default(), 64).unwrap()
    };
    let grey = ("a", golden("png/grey-16.png"));
    assert_eq!(of(&[grey.clone(), ("b", golden("png/grey-8.png"))]), GREY_SIXTEEN);
    assert_eq!(of(&[grey.clone(), ("b", jpeg(9))]), SIXTEEN);
    assert_eq!(of(&[("b", jpeg(9)), ("c", b"no image".to_vec())]), PixelFormat::default());
    assert_eq!(of(&[("c", b"no image".to_vec())]), PixelFormat::default());
}

#[test]
fn means_of_16_bits_are_measured_and_mixed_storage_is_told() {
    let wide = words(&golden("png/rgb-16.rgb16"));
    let of_channel = |channel: usize| {
        let levels: Vec<f64> =
            wide.iter().skip(channel).step_by(3).map(|&l| f64::from(l) / 65_535.0).collect();
        let mean = levels.iter().sum::<f64>() / levels.len() as f64;
        let square = levels.iter().map(|level| level * level).sum::<f64>() / levels.len() as f64;
        (mean, (square - mean * mean).sqrt())
    };
    let images = vec![encoded(0, &golden("png/rgb-16.png")), encoded(1, b"text")];
    let found = report(&[split("train", images)]);
    let train = &found.splits[0];
    let measured = train.normalization().unwrap();
    for channel in 0..3 {
        let (mean, std) = of_channel(channel);
        assert!((f64::from(measured.mean[channel]) - mean).abs() < 1e-6);
        assert!((f64::from(measured.std[channel]) - std).abs() < 1e-6);
    }
    assert_eq!(train.pixel_format(), SIXTEEN);

    let mixed = vec![encoded(0, &golden("png/grey-16.png")), even(1, [9; 3]), even(0, [8; 3])];
    let found = report(&[split("test", mixed)]);
    assert_eq!(found.splits[0].pixel_format(), GREY_SIXTEEN);
    let said: Vec<String> = found.findings().iter().map(ToString::to_string).collect();
    let depths = "test: the images are stored in different ways: 2 with 8 bits, 1 with 16 bits";
    let channels = "test: the images are stored in different ways: 1 in grey, 2 in colour";
    for words in [depths, channels] {
        assert!(said.iter().any(|said| said.starts_with(words)), "{said:?}");
    }
    assert_eq!(report(&[split("train", vec![even(0, [9; 3])])]).splits[0].normalization(), None);
}

#[test]
fn images_that_differ_in_their_lower_bits_are_not_the_same_picture() {
    let png = |level: u16| {
        let image = image::ImageBuffer::from_pixel(4, 4, image::Luma([level]));
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::DynamicImage::ImageLuma16(image)
            .write_to(&mut bytes, image::ImageFormat::Png)
            .unwrap();
        bytes.into_inner()
    };
    let images = [0x1200, 0x1201, 0x1200].map(|level| encoded(0, &png(level)));
    let found = report(&[split("train", images.to_vec())]);
    let [set] = &found.duplicates[..] else { panic!("{:?}", found.duplicates) };
    assert_eq!(set.images.iter().map(|image| image.index).collect::<Vec<_>>(), [0, 2]);
}
