//! Gradients that meet where a network branches.

use burn::tensor::module;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor};
use resnet_kernels::{batch_norm_train, conv2d};

use crate::support::{assert_close, numbers, random, training, wide};

type Convolve = fn(Tensor<4>, Tensor<4>, ConvOptions<2>) -> Tensor<4>;

fn burns(x: Tensor<4>, weight: Tensor<4>, options: ConvOptions<2>) -> Tensor<4> {
    module::conv2d(x, weight, None, options)
}

fn options(stride: usize, padding: usize) -> ConvOptions<2> {
    ConvOptions::new([stride; 2], [padding; 2], [1, 1], 1)
}

/// Gradients of the image and of the first weight, which feeds a strided 1x1, a 3x3 and a sum.
fn gradients(convolve: Convolve) -> [Vec<f32>; 2] {
    let x = random(1, [2, 5, 7, 6]).require_grad();
    let weight = random(2, [9, 5, 3, 3]).require_grad();
    let stem = convolve(x.clone(), weight.clone(), options(1, 1));
    let narrow = convolve(stem.clone(), random(3, [4, 9, 1, 1]), options(2, 0));
    let same = convolve(stem.clone(), random(4, [9, 9, 3, 3]), options(1, 1));
    let again = convolve(x.clone(), random(5, [3, 5, 1, 1]), options(1, 0));
    let weighted = |y: Tensor<4>| (y.clone() * random(6, y.dims())).sum();
    let loss = weighted(narrow) + weighted(same + stem) + weighted(again);
    let gradients = loss.backward();
    let gradient = |of: Tensor<4>| numbers(of.grad(&gradients).expect("a gradient"));
    [gradient(x), gradient(weight)]
}

#[test]
fn every_branch_counts_once() {
    let (ours, burns) = (gradients(conv2d), gradients(burns));
    assert_close(&ours[0], &wide(&burns[0]), 1e-6, "dx");
    assert_close(&ours[1], &wide(&burns[1]), 1e-6, "dweight");
}

/// Narrow groups have a kernel of their own.
#[test]
fn every_branch_of_groups_counts_once() {
    let gradient = |convolve: Convolve| {
        let options = || ConvOptions::new([1, 1], [1, 1], [1, 1], 8);
        let x = random(1, [2, 32, 7, 6]).require_grad();
        let stem = convolve(x.clone(), random(2, [32, 4, 3, 3]), options());
        let [a, b] =
            [3, 4].map(|seed| convolve(stem.clone(), random(seed, [32, 4, 3, 3]), options()));
        let loss =
            (a.clone() * random(5, a.dims())).sum() + (b.clone() * random(6, b.dims())).sum();
        numbers(x.grad(&loss.backward()).expect("a gradient"))
    };
    assert_close(&gradient(conv2d), &wide(&gradient(burns)), 1e-6, "dx");
}

/// A block of a residual network: the shortcut's gradient comes from the normalisation, that of the
/// path from the convolution.
fn block(kernels: bool) -> Vec<f32> {
    let device: Device = training();
    let of_channels = |value: f32| Tensor::<1>::full([6], value, &device);
    let images = random(1, [3, 6, 5, 5]).require_grad();
    let convolve: Convolve = if kernels { conv2d } else { burns };
    let x = convolve(images.clone(), random(2, [6, 6, 1, 1]), options(1, 0));
    let y = convolve(x.clone(), random(3, [6, 6, 3, 3]), options(1, 1));
    let y = if kernels {
        let affine = (of_channels(1.5), of_channels(0.1));
        batch_norm_train(y, affine, Some(x), true, 1e-5).output
    } else {
        let done = module::batch_norm_train(y, of_channels(1.5), of_channels(0.1), 1e-5);
        burn::tensor::activation::relu(done.output + x)
    };
    let gradients = (y.clone() * random(4, y.dims())).sum().backward();
    numbers(images.grad(&gradients).expect("a gradient"))
}

#[test]
fn the_shortcut_of_a_block_counts() {
    assert_close(&block(true), &wide(&block(false)), 1e-5, "dx");
}
