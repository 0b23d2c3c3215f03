//! What happens to a convolution's sums before they leave the registers.

use std::ops::Range;

use pulp::Simd;

use super::tile;

/// Scale and shift of each channel, a residual, and ReLU, in this order; each may be missing.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Finish<'a> {
    /// `[channels]` each.
    pub(crate) scale_and_shift: Option<(&'a [f32], &'a [f32])>,
    /// As large as the part of the target that is finished.
    pub(crate) residual: Option<&'a [f32]>,
    pub(crate) relu: bool,
}

impl Finish<'_> {
    /// The same with the residual from `offset` on.
    pub(crate) fn from(self, offset: usize) -> Self {
        Self { residual: self.residual.map(|residual| &residual[offset..]), ..self }
    }

    /// Finishes the sums of `channels` of the pixels that begin at `to`.
    #[inline(always)]
    pub(crate) fn apply<S: Simd, const NV: usize, const H: usize>(
        &self,
        simd: S,
        to: &[usize],
        channels: &Range<usize>,
        sums: &mut [[S::f32s; NV]; H],
    ) {
        if let Some((scale, shift)) = self.scale_and_shift {
            let scale = tile::row::<S, NV>(simd, &scale[channels.clone()]);
            let shift = tile::row::<S, NV>(simd, &shift[channels.clone()]);
            for sums in sums.iter_mut() {
                for n in 0..NV {
                    sums[n] = simd.add_f32s(simd.mul_f32s(sums[n], scale[n]), shift[n]);
                }
            }
        }
        if let Some(residual) = self.residual {
            for (sums, to) in sums.iter_mut().zip(to) {
                let residual = &residual[to + channels.start..][..channels.len()];
                let residual = tile::row::<S, NV>(simd, residual);
                for n in 0..NV {
                    sums[n] = simd.add_f32s(sums[n], residual[n]);
                }
            }
        }
        if self.relu {
            let zero = simd.splat_f32s(0.0);
            for sum in sums.iter_mut().flatten() {
                *sum = simd.select_f32s(simd.less_than_f32s(*sum, zero), zero, *sum);
            }
        }
    }
}

/// The gradient that passes ReLU: that of the output where it was positive, else 0. What is not a number
/// lets it pass, as in PyTorch.
#[inline(always)]
pub(crate) fn mask(dy: f32, y: f32) -> f32 {
    if y <= 0.0 { 0.0 } else { dy }
}

/// The positive part; what is not a number stays so, as in PyTorch.
#[inline(always)]
pub(crate) fn relu(value: f32) -> f32 {
    if value < 0.0 { 0.0 } else { value }
}
