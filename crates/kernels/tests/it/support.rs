//! Inputs, devices and comparisons.

use std::env;

use burn::tensor::{Device, Tensor, TensorData};
use resnet_kernels::{Instructions, use_instructions};

/// A linear congruential generator in [-0.5, 0.5), the one of `golden/pytorch.py`.
pub(crate) fn values(seed: u32, count: usize) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (f64::from(state >> 8) / f64::from(1 << 24) - 0.5) as f32
    };
    (0..count).map(|_| next()).collect()
}

pub(crate) fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), &training())
}

pub(crate) fn random<const D: usize>(seed: u32, shape: [usize; D]) -> Tensor<D> {
    random_on(&training(), seed, shape)
}

pub(crate) fn random_on<const D: usize>(
    device: &Device,
    seed: u32,
    shape: [usize; D],
) -> Tensor<D> {
    let values = values(seed, shape.iter().product());
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// Says which vectors the tests of a process use.
pub(crate) const INSTRUCTIONS: &str = "RESNET_KERNELS_TEST_INSTRUCTIONS";

pub(crate) fn training() -> Device {
    match env::var(INSTRUCTIONS).as_deref() {
        Ok("avx2") => use_instructions(Instructions::Avx2),
        Ok("portable") => use_instructions(Instructions::Portable),
        _ => {}
    }
    Device::flex().autodiff()
}

pub(crate) fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("f32")
}

/// Asserts that no number differs by more than `tolerance` times the greatest expected magnitude.
pub(crate) fn assert_close(actual: &[f32], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(actual.len(), expected.len(), "{what}: length");
    let scale = expected.iter().fold(1e-3_f64, |scale, x| scale.max(x.abs()));
    for (index, (actual, expected)) in actual.iter().zip(expected).enumerate() {
        let error = (f64::from(*actual) - expected).abs() / scale;
        assert!(error <= tolerance, "{what}[{index}]: {actual} instead of {expected} ({error:e})");
    }
}

pub(crate) fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&x| f64::from(x)).collect()
}
