//! Batch normalisation with residual and ReLU.

use burn::tensor::activation::relu;
use burn::tensor::module;
use burn::tensor::{Device, Tensor};
use resnet_kernels::batch_norm_train;

use crate::golden;
use crate::support::{assert_close, numbers, random, random_on, training, wide};

const EPSILON: f64 = 1e-5;

/// Output, mean, and gradients of input, scale, shift and residual.
pub(crate) fn run(
    device: &Device,
    shape: [usize; 4],
    (with_residual, with_relu): (bool, bool),
    own: bool,
) -> Vec<(&'static str, Vec<f32>)> {
    let channels = [shape[1]];
    let x = random_on(device, 1, shape).require_grad();
    let gamma = (random_on(device, 2, channels) + 1.0).detach().require_grad();
    let beta = random_on(device, 3, channels).require_grad();
    let residual = random_on(device, 4, shape).require_grad();
    let added = with_residual.then(|| residual.clone());
    let (y, mean) = if own {
        let affine = (gamma.clone(), beta.clone());
        let done = batch_norm_train(x.clone(), affine, added, with_relu, EPSILON);
        (done.output, done.mean)
    } else {
        burns(x.clone(), (gamma.clone(), beta.clone()), added, with_relu)
    };
    let gradients = (y.clone() * random_on(device, 5, shape)).sum().backward();
    let mut results = vec![("y", numbers(y)), ("mean", numbers(mean))];
    results.push(("dx", numbers(x.grad(&gradients).expect("dx"))));
    results.push(("dgamma", numbers(gamma.grad(&gradients).expect("dgamma"))));
    results.push(("dbeta", numbers(beta.grad(&gradients).expect("dbeta"))));
    if with_residual {
        results.push(("dresidual", numbers(residual.grad(&gradients).expect("dresidual"))));
    }
    results
}

fn burns(
    x: Tensor<4>,
    (gamma, beta): (Tensor<1>, Tensor<1>),
    residual: Option<Tensor<4>>,
    with_relu: bool,
) -> (Tensor<4>, Tensor<1>) {
    let done = module::batch_norm_train(x, gamma, beta, EPSILON);
    let y = match residual {
        Some(residual) => done.output + residual,
        None => done.output,
    };
    (if with_relu { relu(y) } else { y }, done.mean)
}

#[test]
fn output_and_gradients_are_those_of_pytorch() {
    for case in golden::cases("batch_norm") {
        let (residual, relu) = (case["residual"] == true, case["relu"] == true);
        let shape = golden::sizes(&case, "shape");
        for (name, actual) in run(&training(), shape, (residual, relu), true) {
            let what = format!("{shape:?} residual {residual} relu {relu} {name}");
            assert_close(&actual, &golden::numbers(&case, name), 1e-5, &what);
        }
    }
}

#[test]
fn output_and_gradients_are_those_of_burn() {
    for shape in [[4, 64, 8, 8], [1, 3, 33, 31], [7, 5, 1, 1], [2, 1, 50, 50]] {
        for (residual, relu) in [(false, false), (false, true), (true, true), (true, false)] {
            let ours = run(&training(), shape, (residual, relu), true);
            let burns = run(&training(), shape, (residual, relu), false);
            for ((name, ours), (_, burns)) in ours.iter().zip(burns) {
                let what = format!("{shape:?} residual {residual} relu {relu} {name}");
                // Burn sums thousands of numbers of both signs in f32.
                assert_close(ours, &wide(&burns), 5e-5, &what);
            }
        }
    }
}

/// Central differences in f64 of `sum(r * (gamma * (x - mean) / deviation + beta))`.
#[test]
fn the_gradient_is_the_difference_quotient_in_f64() {
    let shape = [3, 2, 2, 3];
    let results = run(&training(), shape, (false, false), true);
    let (_, dx) = results.iter().find(|(name, _)| *name == "dx").expect("dx");
    let x = wide(&crate::support::values(1, 36));
    let gamma = wide(&crate::support::values(2, 2));
    let r = wide(&crate::support::values(5, 36));
    let loss = |x: &[f64]| {
        let channel = |c: usize| (0..36).filter(move |i| i / 6 % 2 == c);
        let of_channel = |c: usize| {
            let mean = channel(c).map(|i| x[i]).sum::<f64>() / 18.0;
            let variance = channel(c).map(|i| (x[i] - mean).powi(2)).sum::<f64>() / 18.0;
            let scale = (gamma[c] + 1.0) / (variance + EPSILON).sqrt();
            channel(c).map(|i| r[i] * scale * (x[i] - mean)).sum::<f64>()
        };
        of_channel(0) + of_channel(1)
    };
    let quotient = |index: usize| {
        let moved = |by: f64| {
            let mut x = x.clone();
            x[index] += by;
            loss(&x)
        };
        (moved(1e-6) - moved(-1e-6)) / 2e-6
    };
    let expected: Vec<_> = (0..36).map(quotient).collect();
    assert_close(dx, &expected, 1e-5, "dx");
}

#[test]
fn a_channel_far_from_zero_keeps_its_digits() {
    let x = random(1, [4, 1, 8, 8]) + 1000.0;
    let one = || Tensor::ones([1], &x.device());
    let done = batch_norm_train(x.clone(), (one(), one()), None, false, EPSILON);
    let mut values = wide(&numbers(x));
    let mean = values.iter().sum::<f64>() / 256.0;
    values.iter_mut().for_each(|x| *x -= mean);
    let variance = values.iter().map(|x| x * x).sum::<f64>() / 256.0;
    assert_close(&numbers(done.variance), &[variance], 1e-5, "variance");
}
