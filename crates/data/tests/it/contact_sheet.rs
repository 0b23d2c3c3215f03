//! A picture of what a transform makes of images.

use std::collections::BTreeSet;
use std::sync::Arc;

use resnet_data::contact_sheet::{ContactSheet, choose, png};
use resnet_data::{AnyImage, Loader, LoaderOptions, RgbImage, Source, SyntheticImages, Transform};

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
