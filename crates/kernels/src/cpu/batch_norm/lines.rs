//! What a normalisation with known statistics is: a line for each channel, and what follows it.

use pulp::NullaryFnOnce;
use rayon::prelude::*;

use crate::cpu::finish::relu;
use crate::cpu::{channels, pool};
use crate::instructions::dispatch;

/// `scale * x + shift`, and what follows.
pub(super) struct Lines {
    pub(super) scales: Vec<f32>,
    pub(super) shifts: Vec<f32>,
    pub(super) with_relu: bool,
}

impl Lines {
    pub(super) fn write(&self, x: &[f32], residual: Option<&[f32]>) -> Vec<f32> {
        let mut output = pool::take(x.len());
        let share = channels::share(x.len(), self.scales.len());
        let parts = output.par_chunks_mut(share).zip(x.par_chunks(share)).enumerate();
        parts.for_each(|(index, (output, x))| {
            let residual = residual.map(|residual| &residual[index * share..]);
            dispatch(Write { lines: self, x, residual, output });
        });
        output
    }

    #[inline(always)]
    fn finish(&self, value: f32) -> f32 {
        if self.with_relu { relu(value) } else { value }
    }
}

/// The output of some pixels.
struct Write<'a, 'y> {
    lines: &'a Lines,
    x: &'a [f32],
    residual: Option<&'a [f32]>,
    output: &'y mut [f32],
}

impl NullaryFnOnce for Write<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { lines, x, residual, output } = self;
        let channels = lines.scales.len();
        for (row, output) in output.chunks_exact_mut(channels).enumerate() {
            let at = row * channels..(row + 1) * channels;
            let affine = lines.scales.iter().zip(&lines.shifts);
            let from = x[at.clone()].iter().zip(affine);
            if let Some(residual) = residual {
                let from = from.zip(&residual[at]);
                for (output, ((x, (scale, shift)), residual)) in output.iter_mut().zip(from) {
                    *output = lines.finish(scale * x + shift + residual);
                }
            } else {
                for (output, (x, (scale, shift))) in output.iter_mut().zip(from) {
                    *output = lines.finish(scale * x + shift);
                }
            }
        }
    }
}
