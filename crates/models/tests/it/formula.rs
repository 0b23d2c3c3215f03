//! Weights by formula: the twin of `uniform` and `formula` in `tests/golden/generate.py`.

use burn::tensor::TensorData;

/// The tensor named `key`, a torchvision key or "input", of this shape.
pub(crate) fn tensor(key: &str, shape: &[usize]) -> TensorData {
    let values: Vec<f32> =
        uniform(key, shape.iter().product()).map(|v| value(key, shape, v) as f32).collect();
    TensorData::new(values, shape.to_vec())
}

fn value(key: &str, shape: &[usize], v: f64) -> f64 {
    if key == "input" {
        v
    } else if key == "fc.weight" {
        v / (shape[1] as f64).sqrt()
    } else if let [out, _, h, w] = *shape {
        v * 3.0_f64.sqrt() * (2.0 / (out * h * w) as f64).sqrt()
    } else if key.ends_with("running_var") {
        1.0 + 0.2 * v
    } else if key.ends_with("running_mean") || key.ends_with("bias") {
        0.1 * v
    } else {
        0.5 + 0.1 * v
    }
}

/// Values in [-1, 1): FNV-1a of the key seeds a splitmix64 sequence.
pub(crate) fn uniform(key: &str, count: usize) -> impl Iterator<Item = f64> + use<> {
    let seed = key.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    });
    (1..=count as u64).map(move |i| {
        let mut z = seed.wrapping_add(i.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        2.0 * ((z >> 40) as f64 / (1u64 << 24) as f64) - 1.0
    })
}
