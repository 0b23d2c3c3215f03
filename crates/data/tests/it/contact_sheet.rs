//! A picture of what a transform makes of images.

use std::collections::BTreeSet;
use std::sync::Arc;

use resnet_data::contact_sheet::{ContactSheet, choose, images, of_batch, png, thumbnail};
use resnet_data::{
    AnyImage, Batch, Channels, Contrast, Loader, LoaderOptions, Pixels, RgbImage, Source,
    SyntheticImages, Transform,
};

use crate::inspect_support::{encoded, even, split};
use crate::support::{assert_says, levels};

/// A cell of a sheet of 8-pixel images.
fn cell(sheet: &RgbImage, row: usize, column: usize) -> Vec<u8> {
    let line = |y: usize| {
        let start = 3 * ((2 + row * 10 + y) * sheet.width + 2 + column * 10);
        sheet.pixels[start..start + 24].to_vec()
    };
    (0..8).flat_map(line).collect()
}

#[test]
fn a_sheet_shows_what_the_loader_makes_in_each_epoch() {
    let source = Arc::new(SyntheticImages::new(5, 5, 0).with_side(12));
    let transform = Transform::imagenet_train(8);
    let drawn = ContactSheet { transform: &transform, seed: 3, versions: 4 };
    let sheet = drawn.draw(&*source, &[4, 1], &AnyImage::default()).unwrap();
    assert_eq!((sheet.height, sheet.width), (2 + 2 * 10, 2 + 5 * 10));

    let options = LoaderOptions { workers: 1, ..LoaderOptions::train(1, 3, transform.clone()) };
    let loader = Loader::new(source as Arc<dyn Source>, options).unwrap();
    for epoch in 0..4 {
        for batch in loader.epoch(epoch, 0) {
            let batch = batch.unwrap();
            // Each image has a label of its own.
            let row = match batch.labels[0] {
                4 => 0,
                1 => 1,
                _ => continue,
            };
            let column = 1 + usize::try_from(epoch).unwrap();
            assert!(cell(&sheet, row, column) == levels(&batch), "row {row}, epoch {epoch}");
        }
    }
}

#[test]
fn the_first_column_is_the_whole_image() {
    let transform = Transform::imagenet_validation(8);
    let drawn = ContactSheet { transform: &transform, seed: 0, versions: 0 };
    let source = split("train", vec![even(0, [9, 8, 7])]).source;
    let sheet = drawn.draw(&*source, &[0], &AnyImage::default()).unwrap();
    assert_eq!(cell(&sheet, 0, 0), [9, 8, 7].repeat(64));
    assert_eq!(sheet.pixels[..6], [255; 6], "the border is white");
}

#[test]
fn a_bad_image_is_named() {
    let transform = Transform::imagenet_train(8);
    let drawn = ContactSheet { transform: &transform, seed: 0, versions: 1 };
    let source = split("train", vec![even(0, [0; 3]), encoded(0, b"text")]).source;
    let error = drawn.draw(&*source, &[0, 1], &AnyImage::default()).unwrap_err();
    assert_says(&error.to_string(), &["image-1: bytes that do not begin like an image"]);
}

#[test]
fn chosen_images_are_spread_over_all_and_differ_with_the_seed() {
    let chosen = choose(1000, 10, 1);
    assert!((0..).zip(&chosen).all(|(part, index)| index / 100 == part), "{chosen:?}");
    assert_ne!(chosen, choose(1000, 10, 2));
    assert_eq!(choose(3, 10, 0), [0, 1, 2]);
    assert!(choose(0, 10, 0).is_empty());
    let seen: BTreeSet<usize> = (0..200).map(|seed| choose(5, 1, seed)[0]).collect();
    assert_eq!(seen.len(), 5, "every image can be chosen");
}

#[test]
fn a_png_file_holds_the_pixels() {
    let picture = RgbImage { height: 2, width: 1, pixels: vec![1, 2, 3, 250, 251, 252] };
    let file = png(&picture).unwrap();
    let decoded = image::load_from_memory(&file).unwrap().into_rgb8();
    assert_eq!((decoded.dimensions(), decoded.into_raw()), ((1, 2), picture.pixels));
    assert!(png(&RgbImage::default()).is_err());
}

/// 2 rows of 4 pixels whose levels, up to 4095, fill 12 of 16 bits.
const TWELVE_BITS: [u16; 8] = [100, 4095, 100, 4095, 2098, 2098, 2098, 2098];

fn png_of_16_bits(levels: &[u16]) -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    let image = image::ImageBuffer::<image::Luma<u16>, _>::from_raw(4, 2, levels.to_vec()).unwrap();
    image.write_to(&mut file, image::ImageFormat::Png).unwrap();
    file.into_inner()
}

fn tiff_of_16_bits(levels: &[u16]) -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    let mut encoder = tiff::encoder::TiffEncoder::new(&mut file).unwrap();
    encoder.write_image::<tiff::encoder::colortype::Gray16>(4, 2, levels).unwrap();
    file.into_inner()
}

#[test]
fn a_picture_of_12_bits_in_16_is_not_black() {
    let files = [png_of_16_bits(&TWELVE_BITS), tiff_of_16_bits(&TWELVE_BITS)];
    let source = split("train", files.map(|file| encoded(0, &file)).into()).source;
    let expected = [0, 255, 0, 255, 128, 128, 128, 128].map(|level| [level; 3]).concat();
    for index in 0..2 {
        let seen = thumbnail(&*source, index, 4, &AnyImage::default()).unwrap();
        assert_eq!((seen.height, seen.width, &seen.pixels), (2, 4, &expected));
        let contrast = Contrast::of(&*source, index, &AnyImage::default()).unwrap();
        assert_eq!(contrast, Contrast::Stretched);
    }
    let transform = Transform::imagenet_validation(8);
    let drawn = ContactSheet { transform: &transform, seed: 0, versions: 1 };
    let sheet = drawn.draw(&*source, &[0], &AnyImage::default()).unwrap();
    assert!(cell(&sheet, 0, 1).iter().any(|&level| level > 128), "versions are of what is shown");
}

#[test]
fn even_pictures_and_those_of_8_bits_are_shown_as_they_are() {
    let even = png_of_16_bits(&[0xfeff; 8]);
    let dim = png(&RgbImage { height: 1, width: 2, pixels: vec![9, 9, 9, 20, 20, 20] }).unwrap();
    let source = split("train", vec![encoded(0, &even), encoded(0, &dim)]).source;
    let seen = |index| thumbnail(&*source, index, 2, &AnyImage::default()).unwrap().pixels;
    assert!(seen(0).iter().all(|&level| level == 0xfe), "{:?}", seen(0));
    assert_eq!(seen(1), [9, 9, 9, 20, 20, 20]);
}

#[test]
fn the_images_of_a_batch_of_16_bits_are_stretched_alike() {
    let batch = |images| Batch { images, height: 1, width: 2, ..Batch::default() };
    let grey = Batch { channels: Channels::Grey, ..batch(Pixels::Sixteen(vec![0, 2000, 0, 4000])) };
    let seen = images(&grey, 2, Contrast::Stretched);
    assert_eq!(seen[0].pixels, [0, 0, 0, 128, 128, 128]);
    assert_eq!(seen[1].pixels, [0, 0, 0, 255, 255, 255]);
    assert_eq!(of_batch(&grey, 2).pixels.iter().filter(|&&level| level == 128).count(), 3);
    let eight = batch(Pixels::Eight(vec![1, 2, 3, 4, 5, 6]));
    let sheet = of_batch(&eight, 1);
    assert!(sheet.pixels.iter().all(|&level| level < 7 || level == 255), "{:?}", sheet.pixels);
}
