//! What is not a finite number goes where PyTorch lets it go.

use burn::tensor::ops::ConvOptions;
use resnet_kernels::{PoolWindow, batch_norm_train, conv2d, max_pool2d};

use crate::support::{numbers, random, tensor};

#[test]
fn nan_reaches_every_output_whose_window_holds_it_and_no_other() {
    let mut x = vec![1.0; 25];
    x[0] = f32::NAN;
    let options = ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
    let y = numbers(conv2d(tensor(x, [1, 1, 5, 5]), random(2, [1, 1, 3, 3]), options));
    for (index, y) in y.iter().enumerate() {
        let near = index / 5 < 2 && index % 5 < 2;
        assert_eq!(y.is_nan(), near, "pixel {index}");
    }
}

#[test]
fn nan_stays_in_its_group() {
    // Groups of two, in one vector and without one.
    for channels in [8, 64] {
        let mut x = vec![1.0; channels];
        x[2] = f32::NAN;
        let options = ConvOptions::new([1, 1], [0, 0], [1, 1], channels / 2);
        let weight = random(2, [channels, 2, 1, 1]);
        let y = numbers(conv2d(tensor(x, [1, channels, 1, 1]), weight, options));
        for (channel, y) in y.iter().enumerate() {
            assert_eq!(y.is_nan(), channel / 2 == 1, "channel {channel} of {channels}");
        }
    }
}

#[test]
fn infinity_times_zero_is_not_a_number() {
    let options = ConvOptions::new([1, 1], [0, 0], [1, 1], 1);
    let x = tensor(vec![f32::INFINITY, 2.0], [1, 1, 1, 2]);
    let y = numbers(conv2d(x, tensor(vec![0.0], [1, 1, 1, 1]), options));
    assert!(y[0].is_nan());
    assert_eq!(y[1], 0.0);
}

#[test]
fn relu_keeps_nan_and_lets_its_gradient_pass() {
    let x = tensor(vec![1.0, f32::NAN, 3.0, 4.0], [2, 2, 1, 1]).require_grad();
    let affine = (tensor(vec![1.0; 2], [2]), tensor(vec![0.0; 2], [2]));
    let done = batch_norm_train(x.clone(), affine, None, true, 1e-5);
    let gradients = done.output.clone().sum().backward();
    let (y, dx) = (numbers(done.output), numbers(x.grad(&gradients).expect("a gradient")));
    assert_eq!(y.iter().map(|y| y.is_nan()).collect::<Vec<_>>(), [false, true, false, true]);
    assert_eq!(dx.iter().map(|y| y.is_nan()).collect::<Vec<_>>(), [false, true, false, true]);
}

#[test]
fn nan_is_the_maximum_of_its_window() {
    let x = tensor(vec![f32::NAN, 7.0, f32::NEG_INFINITY, f32::NEG_INFINITY], [1, 2, 1, 2]);
    let window = PoolWindow { kernel: [1, 2], stride: [1, 2], padding: [0, 0] };
    let y = numbers(max_pool2d(x, window));
    assert!(y[0].is_nan());
    assert_eq!(y[1], f32::NEG_INFINITY);
}
