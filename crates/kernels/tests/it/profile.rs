//! Where the time goes.

use burn::tensor::ops::ConvOptions;
use resnet_kernels::{conv2d, end_profile, start_profile};

use crate::support::random;

#[test]
fn a_profile_holds_every_pass_with_its_operations() {
    let x = random(1, [2, 13, 5, 5]).require_grad();
    let weight = random(2, [7, 13, 3, 3]).require_grad();
    start_profile();
    let y = conv2d(x, weight, ConvOptions::new([1, 1], [1, 1], [1, 1], 1));
    drop(y.sum().backward());
    let profile = end_profile();
    // Other tests run beside this one.
    let own: Vec<_> =
        profile.iter().filter(|entry| entry.shape.starts_with("13 to 7, 3x3")).collect();
    let mut operations: Vec<_> = own.iter().map(|entry| entry.operation).collect();
    operations.sort_unstable();
    let packing = "convolution, packing of weights";
    let all =
        ["convolution", "convolution, data gradient", packing, "convolution, weight gradient"];
    assert_eq!(operations, all);
    for entry in own {
        let flops = if entry.operation == packing { 0 } else { 2 * 2 * 7 * 25 * 13 * 9 };
        let calls = if entry.operation == packing { 2 } else { 1 };
        assert_eq!((entry.calls, entry.flops), (calls, f64::from(flops)));
    }
}
