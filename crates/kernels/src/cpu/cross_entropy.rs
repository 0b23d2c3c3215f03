//! Softmax cross-entropy with label smoothing: the loss of each row, and its gradient.

use rayon::prelude::*;

/// Where a row's logits are wanted to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    pub(crate) classes: usize,
    pub(crate) smoothing: f64,
}

/// The logarithm of the sum of the exponentials of a row.
fn log_sum(row: &[f32]) -> f64 {
    let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = row.iter().map(|x| f64::from((x - most).exp())).sum();
    f64::from(most) + sum.ln()
}

/// `[b]` from `logits` `[b, classes]` and `labels` `[b]`.
pub(crate) fn forward(target: Target, logits: &[f32], labels: &[usize]) -> Vec<f32> {
    let Target { classes, smoothing } = target;
    let rows = logits.par_chunks(classes.max(1)).zip(labels);
    let loss = |(row, &label): (&[f32], &usize)| {
        let log_sum = log_sum(row);
        let of_label = log_sum - f64::from(row[label]);
        let mean = row.iter().map(|&x| f64::from(x)).sum::<f64>() / classes as f64;
        let smooth = if smoothing > 0.0 { smoothing * (log_sum - mean) } else { 0.0 };
        ((1.0 - smoothing) * of_label + smooth) as f32
    };
    rows.map(loss).collect()
}

/// The gradient of the logits from that of the losses, `[b]`: the probabilities less the target.
pub(crate) fn backward(
    target: Target,
    logits: &[f32],
    labels: &[usize],
    gradient: &[f32],
) -> Vec<f32> {
    let Target { classes, smoothing } = target;
    let mut d_logits = vec![0.0; logits.len()];
    let rows = d_logits.par_chunks_mut(classes.max(1)).zip(logits.par_chunks(classes.max(1)));
    rows.zip(labels.par_iter().zip(gradient)).for_each(|((to, row), (&label, &gradient))| {
        let (log_sum, everywhere) = (log_sum(row), smoothing / classes as f64);
        for (class, (to, x)) in to.iter_mut().zip(row).enumerate() {
            let wanted = if class == label { 1.0 - smoothing + everywhere } else { everywhere };
            let probability = (f64::from(*x) - log_sum).exp();
            *to = ((probability - wanted) * f64::from(gradient)) as f32;
        }
    });
    d_logits
}
