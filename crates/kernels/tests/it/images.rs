//! Scaling channels, adding images, and batch normalisation of inference, against Burn's operations.

use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use burn::tensor::module::conv2d as burns_conv2d;
use burn::tensor::ops::ConvOptions;
use resnet_kernels::{add_images, affine, conv2d, scale_channels};

use crate::support::{assert_close, numbers, random, tensor, wide};

const SHAPE: [usize; 4] = [2, 5, 9, 8];

/// Output and the gradients of `a` and of what comes with it.
fn run<const D: usize>(
    other: [usize; D],
    of: impl Fn(Tensor<4>, Tensor<D>) -> Tensor<4>,
) -> [Vec<f32>; 3] {
    let (a, b) = (random(1, SHAPE).require_grad(), random(2, other).require_grad());
    let y = of(a.clone(), b.clone());
    let gradients = (y.clone() * random(3, SHAPE)).sum().backward();
    let d_a = numbers(a.grad(&gradients).expect("a gradient"));
    [numbers(y), d_a, numbers(b.grad(&gradients).expect("a gradient"))]
}

fn compare(ours: &[Vec<f32>; 3], burns: &[Vec<f32>; 3]) {
    for (what, (ours, burns)) in ["y", "first", "second"].iter().zip(ours.iter().zip(burns)) {
        assert_close(ours, &wide(burns), 1e-6, what);
    }
}

#[test]
fn scaled_channels_and_both_gradients_are_those_of_burn() {
    let burns = |x: Tensor<4>, scale: Tensor<2>| x * scale.reshape([2, 5, 1, 1]);
    compare(&run([2, 5], scale_channels), &run([2, 5], burns));
}

#[test]
fn sums_and_their_gradients_are_those_of_burn() {
    compare(&run(SHAPE, |a, b| add_images(a, b, false)), &run(SHAPE, |a, b| a + b));
    compare(&run(SHAPE, |a, b| add_images(a, b, true)), &run(SHAPE, |a, b| relu(a + b)));
}

/// A block whose attention and sum lie between convolutions, as in a network.
#[test]
fn gradients_meet_where_a_block_branches() {
    let options = || ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
    let weight = || random(4, [5, 5, 3, 3]);
    let ours = |x: Tensor<4>, scale: Tensor<2>| {
        let x = conv2d(x, weight(), options());
        let y = scale_channels(conv2d(x.clone(), weight(), options()), scale);
        conv2d(add_images(y, x, true), weight(), options())
    };
    let burns = |x: Tensor<4>, scale: Tensor<2>| {
        let convolve = |x| burns_conv2d(x, weight(), None, options());
        let x = convolve(x);
        let y = convolve(x.clone()) * scale.reshape([2, 5, 1, 1]);
        convolve(relu(y + x))
    };
    compare(&run([2, 5], ours), &run([2, 5], burns));
}

#[test]
fn a_normalisation_of_inference_is_burns() {
    let of_channels = |seed| random::<1>(seed, [5]).inner();
    let (x, residual) = (random::<4>(1, SHAPE).inner(), random::<4>(2, SHAPE).inner());
    let ours = |with_relu, residual: Option<Tensor<4>>| {
        let parts = (of_channels(3), of_channels(4));
        numbers(affine(x.clone(), parts, residual, with_relu))
    };
    let [scale, shift] = [3, 4].map(|seed| of_channels(seed).reshape([1, 5, 1, 1]));
    let plain = x.clone() * scale + shift;
    assert_close(&ours(false, None), &wide(&numbers(plain.clone())), 1e-6, "plain");
    let whole = relu(plain + residual.clone());
    assert_close(&ours(true, Some(residual)), &wide(&numbers(whole)), 1e-6, "with all");
}

#[test]
fn relu_of_a_sum_keeps_what_is_no_number() {
    let (a, b) = (vec![f32::NAN, -1.0], vec![1.0, -1.0]);
    let y = add_images(tensor(a, [1, 2, 1, 1]), tensor(b, [1, 2, 1, 1]), true);
    let y = numbers(y);
    assert!(y[0].is_nan());
    assert_eq!(y[1], 0.0);
}
