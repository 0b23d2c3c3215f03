//! Logits to probabilities.

/// The probabilities of one example's `logits`, after division by `temperature` (1 changes nothing).
/// Safe against overflow; the sum is 1 within rounding.
#[must_use]
pub fn softmax(logits: &[f64], temperature: f64) -> Vec<f64> {
    let highest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = logits.iter().map(|z| ((z - highest) / temperature).exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}
