//! The mean of every channel, and its gradient.

use burn::tensor::Tensor;
use resnet_kernels::average_pool;

use crate::golden;
use crate::support::{assert_close, numbers, random, wide};

#[test]
fn output_and_gradient_are_those_of_pytorch() {
    for case in golden::cases("average_pool") {
        let x = random::<4>(1, golden::sizes(&case, "shape")).require_grad();
        let y = average_pool(x.clone());
        let gradients = (y.clone() * random(2, y.dims())).sum().backward();
        let what = case["shape"].to_string();
        assert_close(&numbers(y), &golden::numbers(&case, "y"), 1e-6, &what);
        let dx = numbers(x.grad(&gradients).expect("a gradient"));
        assert_close(&dx, &golden::numbers(&case, "dx"), 1e-6, &what);
    }
}

/// As an attention does, which scales the map that it also takes the means of.
#[test]
fn both_gradients_of_a_map_that_is_used_twice_count() {
    let run = |pool: fn(Tensor<4>) -> Tensor<2>| {
        let x = random::<4>(1, [2, 3, 9, 10]).require_grad();
        let scale = pool(x.clone()).reshape([2, 3, 1, 1]);
        let y = x.clone() * scale;
        let gradients = (y.clone() * random(2, y.dims())).sum().backward();
        numbers(x.grad(&gradients).expect("a gradient"))
    };
    let burns = |x: Tensor<4>| x.reshape([2, 3, 90]).mean_dim(2).reshape([2, 3]);
    assert_close(&run(average_pool), &wide(&run(burns)), 1e-6, "dx");
}
