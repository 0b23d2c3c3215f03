//! Pictures that are thousands of times as long as wide.

use resnet_data::{
    Crop, Interpolation, OnBadImage, Region, Resizer, RgbImage, SampleRng, Scratch, Transform,
    Views, shorter_side_to,
};

use crate::support::{assert_says, batches, in_order, jpeg, record, records_loader};
use crate::transforms::picture;

const SIZE: usize = 24;
const INTERPOLATIONS: [Interpolation; 5] = [
    Interpolation::Nearest,
    Interpolation::Bilinear,
    Interpolation::Bicubic,
    Interpolation::BilinearAliased,
    Interpolation::BilinearTf1,
];

fn apply(
    crop: Crop,
    interpolation: Interpolation,
    image: &RgbImage,
) -> Result<[u8; SIZE * SIZE * 3], String> {
    let transform = Transform { interpolation, ..Transform::new(SIZE, crop) };
    let mut out = [77; SIZE * SIZE * 3];
    let mut rng = SampleRng::for_sample(0, 0, 0);
    transform.apply(image, &mut rng, &mut Scratch::default(), &mut out)?;
    Ok(out)
}

/// The centre of all of `image`, resized, by hand.
fn centre(image: &RgbImage, resize: usize, interpolation: Interpolation) -> Vec<u8> {
    let (height, width) = shorter_side_to(resize, image.height, image.width);
    let mut whole = vec![0; height * width * 3];
    let region = Region::whole(image.height, image.width);
    let mut resizer = Resizer::default();
    resizer.resize_by(interpolation, image, region, (height, width), &mut whole).unwrap();
    let first = |extent: usize| match extent.checked_sub(SIZE) {
        Some(beside) => (beside as f64 / 2.0).round_ties_even() as isize,
        None => -(((SIZE - extent) / 2).cast_signed()),
    };
    let (top, left) = (first(height), first(width));
    let place = |index: usize, first, extent| {
        index.checked_add_signed(first).filter(|&place| place < extent)
    };
    let pixel = |row, column| {
        let (Some(row), Some(column)) = (place(row, top, height), place(column, left, width))
        else {
            return [0; 3];
        };
        [0, 1, 2].map(|c| whole[(row * width + column) * 3 + c])
    };
    (0..SIZE * SIZE).flat_map(|index| pixel(index / SIZE, index % SIZE)).collect()
}

#[test]
fn what_a_crop_keeps_has_the_bytes_that_it_has_in_the_whole_resized_image() {
    for (height, width) in [(47, 61), (61, 47), (10, 200), (200, 9), (24, 90), (24, 24), (300, 299)]
    {
        let image = picture(height, width);
        for resize in [7, 24, 25, 30, 60] {
            for interpolation in INTERPOLATIONS {
                let kept = apply(Crop::ResizeCenterCrop { resize }, interpolation, &image);
                let expected = centre(&image, resize, interpolation);
                assert!(
                    kept.unwrap()[..] == expected,
                    "{height}x{width} to {resize}, {interpolation:?}"
                );
            }
        }
    }
}

/// A picture of one grey level.
fn grey(height: usize, width: usize) -> RgbImage {
    RgbImage { height, width, pixels: vec![140; height * width * 3] }
}

#[test]
fn the_centre_of_an_elongated_picture_takes_little_memory() {
    let crops = [
        Crop::ResizeCenterCrop { resize: 256 },
        Crop::TensorFlowCenterCrop { resize: 256 },
        Crop::Letterbox { fill: [0; 3] },
    ];
    for (height, width) in [(1, 65_500), (65_500, 1)] {
        let image = grey(height, width);
        for crop in crops {
            for interpolation in INTERPOLATIONS {
                let mut result = Err(String::new());
                let memory =
                    allocation_counter::measure(|| result = apply(crop, interpolation, &image));
                // The whole at its new size would have 12.9 GB.
                assert!(memory.bytes_max < 8 << 20, "{crop:?}, {interpolation:?}: {memory:?}");
                let middle = (SIZE / 2 * SIZE + SIZE / 2) * 3;
                assert_eq!(result.unwrap()[middle..][..3], [140; 3], "{crop:?}, {interpolation:?}");
            }
        }
    }
}

#[test]
fn what_would_take_any_amount_of_memory_is_refused_before_it_is_taken() {
    let squash = |height, width| {
        let (image, mut result) = (grey(height, width), Ok([0; _]));
        let memory = allocation_counter::measure(|| {
            result = apply(Crop::Squash, Interpolation::Bilinear, &image);
        });
        assert!(memory.bytes_max < 1 << 20, "{memory:?}");
        result.unwrap_err()
    };
    assert_says(&squash(12_000_000, 1), &["1x12000000 pixels", "too elongated", "24x24", "cut"]);
    assert_says(&squash(1, 12_000_000), &["12000000x1 pixels", "too elongated", "24x24", "cut"]);
    let transform = Transform::new(SIZE, Crop::ResizeCenterCrop { resize: 256 });
    let (image, mut out) = (grey(1, 65_500), vec![0; 10 * SIZE * SIZE * 3]);
    let ten = transform.views(&image, Views::TenCrop, &mut Scratch::default(), &mut out);
    assert_says(&ten.unwrap_err(), &["65500x1 pixels", "too elongated", "16768000x256"]);
}

#[test]
fn a_picture_that_is_too_elongated_is_a_bad_image_and_named() {
    let mut png = std::io::Cursor::new(Vec::new());
    let long = image::GrayImage::new(1, 12_000_000);
    long.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let records = [record(&png.into_inner(), 1, "long.png"), record(&jpeg(90), 2, "good.JPEG")];
    let transform = Transform::new(SIZE, Crop::Squash);
    let options = |on_bad_image| resnet_data::LoaderOptions {
        on_bad_image,
        ..in_order(2, transform.clone())
    };
    let loader = records_loader(&records, options(OnBadImage::Skip { max: 1 }));
    let batch = batches(&loader, 0, 0).remove(0);
    assert_eq!(batch.weights, [0.0, 1.0]);
    assert_says(&batch.bad[0].to_string(), &["long.png", "1x12000000 pixels", "too elongated"]);
    let loader = records_loader(&records, options(OnBadImage::Fail));
    assert_says(&crate::support::first_error(&loader), &["long.png", "too elongated"]);
}
