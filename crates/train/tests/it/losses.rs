//! The loss and the counts, on numbers that can be checked by hand.

use burn::tensor::{Device, Int, Tensor};
use resnet_train::loss::{cross_entropy, in_top_k};

fn logits(rows: &[[f32; 3]]) -> Tensor<2> {
    let flat: Vec<f32> = rows.concat();
    Tensor::<1>::from_floats(flat.as_slice(), &Device::flex()).reshape([rows.len(), 3])
}

fn labels(labels: &[i32]) -> Tensor<1, Int> {
    Tensor::from_ints(labels, &Device::flex())
}

fn values(tensor: Tensor<1>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

#[test]
fn equal_logits_cost_the_logarithm_of_the_classes() {
    for smoothing in [0.0, 0.1] {
        let loss = values(cross_entropy(logits(&[[2.0; 3]]), labels(&[1]), smoothing));
        assert!((loss[0] - 3_f32.ln()).abs() < 1e-6, "{loss:?}");
    }
}

#[test]
fn smoothing_spreads_its_share_over_all_classes() {
    let row = [0.0, 3.0, -2.0];
    let normalizer = row.iter().map(|x: &f32| x.exp()).sum::<f32>().ln();
    let expected: f32 = row
        .iter()
        .zip([0.1 / 3.0, 0.9 + 0.1 / 3.0, 0.1 / 3.0])
        .map(|(x, target)| target * (normalizer - x))
        .sum();
    let loss = values(cross_entropy(logits(&[row]), labels(&[1]), 0.1));
    assert!((loss[0] - expected).abs() < 1e-6, "{loss:?}, expected {expected}");
}

#[test]
fn the_rank_of_the_label_decides() {
    let rows = [[3.0, 2.0, 1.0], [3.0, 2.0, 1.0], [3.0, 2.0, 1.0]];
    assert_eq!(values(in_top_k(logits(&rows), labels(&[0, 1, 2]), 1)), [1.0, 0.0, 0.0]);
    assert_eq!(values(in_top_k(logits(&rows), labels(&[0, 1, 2]), 2)), [1.0, 1.0, 0.0]);
}

#[test]
fn a_network_that_says_nothing_is_not_right() {
    let tied = [[1.0; 3], [f32::NAN; 3]];
    assert_eq!(values(in_top_k(logits(&tied), labels(&[0, 0]), 1)), [0.0, 0.0]);
    assert_eq!(values(in_top_k(logits(&tied), labels(&[0, 0]), 5)), [1.0, 0.0]);
}
