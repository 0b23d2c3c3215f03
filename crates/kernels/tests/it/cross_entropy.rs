//! Softmax cross-entropy with label smoothing, and its gradient.

use burn::tensor::{Device, Int, Tensor, TensorData};
use resnet_kernels::cross_entropy;

use crate::golden;
use crate::support::{assert_close, numbers, random, tensor, training};

fn labels(labels: Vec<i64>) -> Tensor<1, Int> {
    let count = labels.len();
    Tensor::from_data(TensorData::new(labels, [count]), &training())
}

#[test]
fn losses_and_gradient_are_those_of_pytorch() {
    for case in golden::cases("cross_entropy") {
        let [rows, classes] = golden::sizes(&case, "size");
        let number = |name: &str| case[name].as_f64().expect("a number");
        let logits = random::<2>(1, [rows, classes]).mul_scalar(number("scale"));
        let logits = logits.detach().require_grad();
        let of_rows = (0..rows).map(|row| (row * 5 % classes) as i64).collect();
        let losses = cross_entropy(logits.clone(), labels(of_rows), number("smoothing"));
        let gradients = (losses.clone() * random(2, [rows])).sum().backward();
        let what = format!("{rows} rows of {classes}");
        assert_close(&numbers(losses), &golden::numbers(&case, "losses"), 1e-6, &what);
        let d_logits = numbers(logits.grad(&gradients).expect("a gradient"));
        assert_close(&d_logits, &golden::numbers(&case, "dlogits"), 1e-6, &what);
    }
}

#[test]
fn what_is_no_number_reaches_the_loss_of_its_row_alone() {
    let logits = tensor(vec![1.0, f32::NAN, 1.0, 2.0], [2, 2]);
    let losses = numbers(cross_entropy(logits, labels(vec![0, 1]), 0.1));
    assert_eq!(losses.iter().map(|loss| loss.is_nan()).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn a_logit_beyond_all_bounds_costs_as_in_pytorch() {
    let logits = tensor(vec![0.0, f32::NEG_INFINITY], [1, 2]);
    assert_eq!(numbers(cross_entropy(logits.clone(), labels(vec![0]), 0.0)), [0.0]);
    assert_eq!(numbers(cross_entropy(logits, labels(vec![1]), 0.0)), [f32::INFINITY]);
}

#[test]
fn without_autodiff_the_losses_are_the_same() {
    let logits = || random::<2>(1, [3, 5]);
    let tracked = numbers(cross_entropy(logits(), labels(vec![0, 4, 2]), 0.1));
    let device = Device::flex();
    let labels = Tensor::<1, Int>::from_data(TensorData::new(vec![0_i64, 4, 2], [3]), &device);
    assert_eq!(numbers(cross_entropy(logits().inner(), labels, 0.1)), tracked);
}
