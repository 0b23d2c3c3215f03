//! Convolution and its gradients.

use burn::tensor::Tensor;
use burn::tensor::module;
use burn::tensor::ops::ConvOptions;
use resnet_kernels::{Sgd, conv2d, conv2d_affine, sgd_step};

use crate::golden;
use crate::support::{assert_close, numbers, random, tensor, values, wide};

/// Output, and gradients of input and weight, of a convolution weighted by `values(3)`.
struct Run {
    y: Vec<f32>,
    dx: Vec<f32>,
    dweight: Vec<f32>,
}

fn run(
    x: [usize; 4],
    weight: [usize; 4],
    convolve: impl FnOnce(Tensor<4>, Tensor<4>) -> Tensor<4>,
) -> Run {
    let (x, weight) = (random(1, x).require_grad(), random(2, weight).require_grad());
    let y = convolve(x.clone(), weight.clone());
    let gradients = (y.clone() * random(3, y.dims())).sum().backward();
    let gradient = |of: &Tensor<4>| numbers(of.grad(&gradients).expect("a gradient"));
    Run { dx: gradient(&x), dweight: gradient(&weight), y: numbers(y) }
}

#[test]
fn output_and_gradients_are_those_of_pytorch() {
    for case in golden::cases("convolution") {
        let [b, c, o, h, w, k, stride, padding, dilation, groups] = golden::sizes(&case, "case");
        let options = ConvOptions::new([stride; 2], [padding; 2], [dilation; 2], groups);
        let run = run([b, c, h, w], [o, c / groups, k, k], |x, w| conv2d(x, w, options));
        let what = case["case"].to_string();
        assert_close(&run.y, &golden::numbers(&case, "y"), 1e-6, &format!("{what} y"));
        assert_close(&run.dx, &golden::numbers(&case, "dx"), 1e-6, &format!("{what} dx"));
        let dweight = golden::numbers(&case, "dweight");
        assert_close(&run.dweight, &dweight, 1e-6, &format!("{what} dweight"));
    }
}

/// The shapes of a ResNet-50 at 64 px, and some that fill no vector, no tile and no block.
const SHAPES: [([usize; 4], [usize; 4], usize, usize); 10] = [
    ([2, 3, 64, 64], [64, 3, 7, 7], 2, 3),
    ([2, 64, 16, 16], [256, 64, 1, 1], 1, 0),
    ([2, 256, 16, 16], [128, 256, 1, 1], 1, 0),
    ([2, 128, 16, 16], [128, 128, 3, 3], 2, 1),
    ([2, 256, 16, 16], [512, 256, 1, 1], 2, 0),
    ([2, 512, 2, 2], [512, 512, 3, 3], 1, 1),
    ([1, 1, 1, 1], [1, 1, 1, 1], 1, 0),
    ([1, 33, 1, 1], [17, 33, 3, 3], 1, 1),
    ([5, 7, 11, 3], [9, 7, 3, 3], 3, 1),
    ([1, 401, 5, 9], [3, 401, 1, 1], 1, 0),
];

#[test]
fn output_and_gradients_are_those_of_burn() {
    for (x, weight, stride, padding) in SHAPES {
        let options = ConvOptions::new([stride; 2], [padding; 2], [1, 1], 1);
        let ours = run(x, weight, |x, w| conv2d(x, w, options.clone()));
        let burns = run(x, weight, |x, w| module::conv2d(x, w, None, options));
        let what = format!("{x:?} {weight:?} stride {stride}");
        assert_close(&ours.y, &wide(&burns.y), 1e-5, &format!("{what} y"));
        assert_close(&ours.dx, &wide(&burns.dx), 1e-5, &format!("{what} dx"));
        assert_close(&ours.dweight, &wide(&burns.dweight), 1e-5, &format!("{what} dweight"));
    }
}

/// Groups narrower than a vector, as wide as one, and of other numbers of channels.
const GROUPS: [([usize; 4], [usize; 4], usize, usize); 8] = [
    ([2, 32, 8, 8], [32, 4, 3, 3], 8, 1),
    ([2, 32, 9, 8], [64, 16, 3, 3], 2, 2),
    ([2, 10, 6, 6], [20, 2, 3, 3], 5, 1),
    ([1, 6, 5, 5], [6, 1, 3, 3], 6, 1),
    ([3, 64, 9, 7], [64, 16, 3, 3], 4, 1),
    ([2, 96, 7, 13], [96, 8, 3, 3], 12, 2),
    ([2, 64, 8, 8], [64, 2, 3, 3], 32, 3),
    ([2, 80, 5, 6], [80, 1, 3, 3], 80, 1),
];

#[test]
fn groups_see_their_own_channels() {
    for (x, weight, groups, stride) in GROUPS {
        let options = ConvOptions::new([stride; 2], [1, 1], [1, 1], groups);
        let ours = run(x, weight, |x, w| conv2d(x, w, options.clone()));
        let burns = run(x, weight, |x, w| module::conv2d(x, w, None, options));
        let what = format!("{x:?} {weight:?} groups {groups}");
        assert_close(&ours.y, &wide(&burns.y), 1e-6, &format!("{what} y"));
        assert_close(&ours.dx, &wide(&burns.dx), 1e-6, &format!("{what} dx"));
        assert_close(&ours.dweight, &wide(&burns.dweight), 1e-6, &format!("{what} dweight"));
    }
}

#[test]
fn padding_may_differ_from_side_to_side() {
    let options = || ConvOptions::new_with_padding([1, 2], [(0, 2), (1, 0)], [1, 1], 1);
    let (x, weight) = ([2, 3, 6, 7], [4, 3, 3, 2]);
    let ours = run(x, weight, |x, w| conv2d(x, w, options()));
    let burns = run(x, weight, |x, w| module::conv2d(x, w, None, options()));
    assert_close(&ours.y, &wide(&burns.y), 1e-6, "y");
    assert_close(&ours.dx, &wide(&burns.dx), 1e-6, "dx");
    assert_close(&ours.dweight, &wide(&burns.dweight), 1e-6, "dweight");
}

/// A convolution is linear in each argument, so that in f64 a difference of any length is exact up
/// to rounding: `<r, conv(x + e, w)> - <r, conv(x, w)> = <dx, e>`.
#[test]
fn gradients_are_the_differences_of_a_plain_loop_in_f64() {
    let (shape, weight_shape) = ([2, 3, 5, 4], [4, 3, 3, 3]);
    let options = ConvOptions::new([2, 2], [1, 1], [1, 1], 1);
    let run = run(shape, weight_shape, |x, w| conv2d(x, w, options));
    let (x, weight) = (wide(&values(1, 120)), wide(&values(2, 108)));
    let loss = |x: &[f64], weight: &[f64]| {
        let y = plain(x, shape, weight, weight_shape);
        y.iter().zip(wide(&values(3, y.len()))).map(|(y, r)| y * r).sum::<f64>()
    };
    let difference = |at: &[f64], index: usize, loss: &dyn Fn(&[f64]) -> f64| {
        let moved = |by: f64| {
            let mut at = at.to_vec();
            at[index] += by;
            loss(&at)
        };
        (moved(0.5) - moved(-0.5)) / 1.0
    };
    let dx: Vec<_> = (0..x.len()).map(|i| difference(&x, i, &|x| loss(x, &weight))).collect();
    let dweight: Vec<_> =
        (0..weight.len()).map(|i| difference(&weight, i, &|weight| loss(&x, weight))).collect();
    assert_close(&run.dx, &dx, 1e-6, "dx");
    assert_close(&run.dweight, &dweight, 1e-6, "dweight");
}

/// A 3×3 convolution of stride 2 and padding 1.
fn plain(x: &[f64], [b, c, h, w]: [usize; 4], weight: &[f64], [o, ..]: [usize; 4]) -> Vec<f64> {
    let (oh, ow) = ((h - 1) / 2 + 1, (w - 1) / 2 + 1);
    let mut y = vec![0.0; b * o * oh * ow];
    for (index, y) in y.iter_mut().enumerate() {
        let (column, row) = (index % ow, index / ow % oh);
        let (channel, image) = (index / (ow * oh) % o, index / (ow * oh * o));
        for tap in 0..c * 9 {
            let (from, ky, kx) = (tap / 9, tap / 3 % 3, tap % 3);
            let (iy, ix) = (2 * row + ky, 2 * column + kx);
            if (1..=h).contains(&iy) && (1..=w).contains(&ix) {
                let x = x[((image * c + from) * h + iy - 1) * w + ix - 1];
                *y += x * weight[channel * c * 9 + tap];
            }
        }
    }
    y
}

#[test]
fn the_same_input_gives_the_same_bits() {
    let once = || {
        let options = ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
        let run = run([3, 20, 30, 30], [24, 20, 3, 3], |x, w| conv2d(x, w, options));
        [run.y, run.dx, run.dweight].map(|of| of.iter().map(|x| x.to_bits()).collect::<Vec<_>>())
    };
    assert_eq!(once(), once());
}

#[test]
fn scale_shift_residual_and_relu_follow_the_sums() {
    let options = || ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
    let (scale, shift) = (values(3, 9), values(4, 9));
    let (x, weight) = (random(1, [3, 5, 6, 6]).inner(), random(2, [9, 5, 3, 3]).inner());
    let residual = random(5, [3, 9, 6, 6]).inner();
    let affine = || (tensor(scale.clone(), [9]).inner(), tensor(shift.clone(), [9]).inner());
    let actual = conv2d_affine(
        (x.clone(), weight.clone(), options()),
        affine(),
        Some(residual.clone()),
        true,
    );
    let (scale, shift) = affine();
    let y = module::conv2d(x, weight, None, options());
    let y = y * scale.reshape([1, 9, 1, 1]) + shift.reshape([1, 9, 1, 1]) + residual;
    let expected = burn::tensor::activation::relu(y);
    assert_close(&numbers(actual), &wide(&numbers(expected)), 1e-6, "y");
}

#[test]
#[should_panic(expected = "input channels")]
fn a_weight_for_other_channels_is_refused() {
    let options = ConvOptions::new([1, 1], [0, 0], [1, 1], 1);
    drop(conv2d(random(1, [1, 4, 3, 3]), random(2, [8, 3, 1, 1]), options));
}

/// A square weight and the same memory with its channels exchanged.
#[test]
fn inference_tells_a_view_of_a_weight_from_the_weight() {
    let (x, weight) = (random(1, [2, 32, 4, 4]).inner(), random(2, [32, 32, 1, 1]).inner());
    let options = || ConvOptions::new([1, 1], [0, 0], [1, 1], 1);
    let y = conv2d(x.clone(), weight.clone(), options());
    let turned = conv2d(x.clone(), weight.clone().swap_dims(0, 1), options());
    let expected = module::conv2d(x, weight.swap_dims(0, 1), None, options());
    assert_close(&numbers(turned.clone()), &wide(&numbers(expected)), 1e-6, "turned");
    assert!(numbers(turned) != numbers(y));
}

/// Weights of inference are packed once; a step moves them in place.
#[test]
fn inference_sees_the_newest_weights() {
    let options = || ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
    let x = || random::<4>(1, [2, 5, 6, 6]).inner();
    let affine = || (tensor(vec![1.0; 9], [9]).inner(), tensor(vec![0.0; 9], [9]).inner());
    let ours = |weight: &Tensor<4>| {
        let done = conv2d_affine((x(), weight.clone(), options()), affine(), None, false);
        numbers(done)
    };
    let burns =
        |weight: &Tensor<4>| wide(&numbers(module::conv2d(x(), weight.clone(), None, options())));
    let weight = random::<4>(2, [9, 5, 3, 3]).inner();
    assert_eq!(ours(&weight), ours(&weight));
    assert_close(&ours(&weight), &burns(&weight), 1e-6, "at first");
    let rule = Sgd { lr: 0.5, momentum: 0.9, nesterov: false, decay: 0.0 };
    let gradient = random::<1>(3, [405]).inner();
    let moved = sgd_step(weight.reshape([405]), gradient, None, rule).0.reshape([9, 5, 3, 3]);
    assert_close(&ours(&moved), &burns(&moved), 1e-6, "after a step");
}
