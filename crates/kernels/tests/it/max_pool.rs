//! Max-pooling and its gradient.

use resnet_kernels::{PoolWindow, max_pool2d};

use crate::golden;
use crate::support::{assert_close, numbers, random, tensor};

#[test]
fn output_and_gradient_are_those_of_pytorch() {
    for case in golden::cases("max_pool") {
        let [kernel, stride, padding] = golden::sizes(&case, "window");
        let window = PoolWindow { kernel: [kernel; 2], stride: [stride; 2], padding: [padding; 2] };
        let x = random::<4>(1, golden::sizes(&case, "shape")).require_grad();
        let y = max_pool2d(x.clone(), window);
        let gradients = (y.clone() * random(2, y.dims())).sum().backward();
        let what = case["shape"].to_string();
        assert_close(&numbers(y), &golden::numbers(&case, "y"), 1e-7, &what);
        let dx = numbers(x.grad(&gradients).expect("a gradient"));
        assert_close(&dx, &golden::numbers(&case, "dx"), 1e-6, &what);
    }
}

#[test]
fn of_equal_numbers_the_first_takes_the_gradient() {
    let x = tensor(vec![1.0; 4], [1, 1, 2, 2]).require_grad();
    let window = PoolWindow { kernel: [2, 2], stride: [2, 2], padding: [0, 0] };
    let gradients = max_pool2d(x.clone(), window).sum().backward();
    assert_eq!(numbers(x.grad(&gradients).expect("a gradient")), [1.0, 0.0, 0.0, 0.0]);
}
