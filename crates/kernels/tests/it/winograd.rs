//! Convolutions of 3×3 and stride 1 with many channels, whose tiles of pixels share products.

use burn::tensor::Tensor;
use burn::tensor::ops::ConvOptions;
use resnet_kernels::{conv2d, conv2d_affine};

use crate::support::{assert_close, numbers, random, tensor, values, wide};

/// Images and output channels, and padding: whole tiles, halves of tiles, channels that fill no vector, images
/// of one tile, and more than one block.
const SHAPES: [([usize; 4], usize, usize); 7] = [
    ([2, 64, 16, 16], 64, 1),
    ([5, 40, 7, 9], 72, 1),
    ([4, 33, 9, 10], 100, 0),
    ([2, 32, 13, 11], 47, 2),
    ([12, 96, 4, 4], 32, 1),
    ([50, 65, 2, 2], 33, 1),
    ([1, 130, 14, 14], 70, 1),
];

fn options(padding: usize) -> ConvOptions<2> {
    ConvOptions::new([1, 1], [padding; 2], [1, 1], 1)
}

fn weight_of(x: [usize; 4], channels: usize) -> [usize; 4] {
    [channels, x[1], 3, 3]
}

/// A plain loop in f64: calls `see` with the places in `x`, weight and output of every product.
fn products(
    [b, c, h, w]: [usize; 4],
    (o, padding): (usize, usize),
    mut see: impl FnMut(usize, usize, usize),
) {
    let [oh, ow] = [h, w].map(|side| side + 2 * padding - 2);
    for image in 0..b * o * oh * ow {
        let (column, row, channel, image) =
            (image % ow, image / ow % oh, image / (ow * oh) % o, image / (ow * oh * o));
        let y = ((image * o + channel) * oh + row) * ow + column;
        for tap in 0..9 {
            let (iy, ix) = (row + tap / 3, column + tap % 3);
            if (padding..h + padding).contains(&iy) && (padding..w + padding).contains(&ix) {
                for from in 0..c {
                    let x = ((image * c + from) * h + iy - padding) * w + ix - padding;
                    see(x, (channel * c + from) * 9 + tap, y);
                }
            }
        }
    }
}

fn output(shape: [usize; 4], (channels, padding): (usize, usize)) -> [usize; 4] {
    let [b, _, h, w] = shape;
    [b, channels, h + 2 * padding - 2, w + 2 * padding - 2]
}

#[test]
fn output_and_gradients_are_those_of_a_plain_loop_in_f64() {
    for (shape, channels, padding) in SHAPES {
        let what = format!("{shape:?} to {channels}, padding {padding}");
        let x = random::<4>(1, shape).require_grad();
        let weight = random::<4>(2, weight_of(shape, channels)).require_grad();
        let y = conv2d(x.clone(), weight.clone(), options(padding));
        assert_eq!(y.dims(), output(shape, (channels, padding)), "{what}");
        let dy = random::<4>(3, y.dims());
        let gradients = (y.clone() * dy.clone()).sum().backward();
        let gradient = |of: &Tensor<4>| numbers(of.grad(&gradients).expect("a gradient"));
        let (dx, dweight) = (gradient(&x), gradient(&weight));
        let [x, weight, dy] = [x, weight, dy].map(|of| wide(&numbers(of)));
        let mut wanted = [vec![0.0; dy.len()], vec![0.0; x.len()], vec![0.0; weight.len()]];
        products(shape, (channels, padding), |at, tap, out| {
            wanted[0][out] += x[at] * weight[tap];
            wanted[1][at] += dy[out] * weight[tap];
            wanted[2][tap] += dy[out] * x[at];
        });
        assert_close(&numbers(y), &wanted[0], 3e-6, &format!("{what} y"));
        assert_close(&dx, &wanted[1], 3e-6, &format!("{what} dx"));
        assert_close(&dweight, &wanted[2], 3e-6, &format!("{what} dweight"));
    }
}

#[test]
fn scale_shift_residual_and_relu_follow_the_sums() {
    let shape = [3, 40, 7, 5];
    let (x, weight) = (random::<4>(1, shape).inner(), random::<4>(2, [72, 40, 3, 3]).inner());
    let residual = random::<4>(5, [3, 72, 7, 5]).inner();
    let affine = || (random::<1>(3, [72]).inner(), random::<1>(4, [72]).inner());
    let y = conv2d(x.clone(), weight.clone(), options(1));
    let (scale, shift) = affine();
    let y = y * scale.reshape([1, 72, 1, 1]) + shift.reshape([1, 72, 1, 1]) + residual.clone();
    let expected = burn::tensor::activation::relu(y);
    let actual = conv2d_affine((x, weight, options(1)), affine(), Some(residual), true);
    assert_close(&numbers(actual), &wide(&numbers(expected)), 1e-6, "y");
}

#[test]
fn gradients_of_two_branches_are_added() {
    let shape = [4, 32, 8, 7];
    let gradient = |seeds: &[u32]| {
        let x = random::<4>(1, shape).require_grad();
        let loss = |seed: &u32| {
            let y = conv2d(x.clone(), random(*seed, [40, 32, 3, 3]), options(1));
            (y.clone() * random(seed + 1, y.dims())).sum()
        };
        let losses: Vec<Tensor<1>> = seeds.iter().map(loss).collect();
        let gradients = losses.into_iter().reduce(|a, b| a + b).expect("a branch").backward();
        numbers(x.grad(&gradients).expect("a gradient"))
    };
    let apart: Vec<_> =
        gradient(&[2]).into_iter().zip(gradient(&[4])).map(|(a, b)| a + b).collect();
    assert_close(&gradient(&[2, 4]), &wide(&apart), 1e-6, "dx");
}

/// What kind of number it is: tiles share products, but not these.
fn kind(value: f64) -> &'static str {
    match value {
        value if value.is_nan() => "no number",
        f64::INFINITY => "infinity",
        f64::NEG_INFINITY => "minus infinity",
        _ => "finite",
    }
}

#[test]
fn what_is_not_finite_reaches_the_pixels_that_see_it_and_no_other() {
    let (shape, channels) = ([2, 32, 12, 11], 40);
    for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut images = values(1, shape.iter().product());
        for at in [0, 500, 501, 3_000] {
            images[at] = odd;
        }
        let x = tensor(images.clone(), shape).require_grad();
        let weight = random::<4>(2, weight_of(shape, channels)).require_grad();
        let y = conv2d(x, weight.clone(), options(1));
        let gradients = (y.clone() * random(3, y.dims())).sum().backward();
        let dweight = numbers(weight.grad(&gradients).expect("a gradient"));
        let [x, weight, dy] = [images, numbers(weight), numbers(random::<4>(3, y.dims()))];
        let mut wanted = [vec![0.0; dy.len()], vec![0.0; weight.len()]];
        products(shape, (channels, 1), |at, tap, out| {
            wanted[0][out] += f64::from(x[at]) * f64::from(weight[tap]);
            wanted[1][tap] += f64::from(dy[out]) * f64::from(x[at]);
        });
        for (what, ours, wanted) in [("y", numbers(y), &wanted[0]), ("dw", dweight, &wanted[1])] {
            for (index, (ours, wanted)) in ours.iter().zip(wanted).enumerate() {
                assert_eq!(kind(f64::from(*ours)), kind(*wanted), "{odd}: {what}[{index}]");
            }
        }
    }
}

#[test]
fn a_great_number_leaves_the_others_as_exact_as_they_are() {
    let shape = [1, 32, 14, 14];
    let mut images = values(1, shape.iter().product());
    let plain = conv2d(tensor(images.clone(), shape), random(2, [32, 32, 3, 3]), options(1));
    images[5 * 14 + 5] = 1e30;
    let y = conv2d(tensor(images, shape), random(2, [32, 32, 3, 3]), options(1));
    for (index, (ours, plain)) in numbers(y).into_iter().zip(numbers(plain)).enumerate() {
        let [row, column] = [index / 14 % 14, index % 14];
        let sees = (4..7).contains(&row) && (4..7).contains(&column);
        assert!(sees || (ours - plain).abs() < 1e-5, "{index}: {ours} instead of {plain}");
    }
}

/// Weights that the transforms are not good for.
#[test]
fn weights_that_are_not_finite_count_as_they_are() {
    let mut weight = values(2, 32 * 32 * 9);
    weight[4] = f32::INFINITY;
    let y = conv2d(random(1, [1, 32, 14, 14]), tensor(weight, [32, 32, 3, 3]), options(1));
    let count = numbers(y).iter().filter(|y| y.is_infinite()).count();
    assert_eq!(count, 14 * 14);
}

#[test]
fn the_same_input_gives_the_same_bits() {
    let once = || {
        let x = random::<4>(1, [3, 64, 15, 15]).require_grad();
        let weight = random::<4>(2, [64, 64, 3, 3]).require_grad();
        let y = conv2d(x.clone(), weight.clone(), options(1));
        let gradients = (y.clone() * random(3, y.dims())).sum().backward();
        let gradient = |of: &Tensor<4>| numbers(of.grad(&gradients).expect("a gradient"));
        [gradient(&x), gradient(&weight), numbers(y)]
            .map(|of| of.iter().map(|x| x.to_bits()).collect::<Vec<_>>())
    };
    assert_eq!(once(), once());
}

/// What an image becomes in inference does not depend on the others of its batch.
#[test]
fn an_image_has_the_bits_that_it_has_alone() {
    let x = random::<4>(1, [6, 48, 7, 7]).inner();
    let weight = random::<4>(2, [64, 48, 3, 3]).inner();
    let together = conv2d(x.clone(), weight.clone(), options(1));
    for image in 0..6 {
        let alone = conv2d(x.clone().narrow(0, image, 1), weight.clone(), options(1));
        assert_eq!(numbers(alone), numbers(together.clone().narrow(0, image, 1)), "{image}");
    }
}
