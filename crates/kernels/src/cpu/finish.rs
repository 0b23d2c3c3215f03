//! What happens to a convolution's sums before they leave the cache.

/// Scale and shift of each channel, a residual, and ReLU, in this order; each may be missing.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Finish<'a> {
    /// `[channels]` each.
    pub(crate) scale_and_shift: Option<(&'a [f32], &'a [f32])>,
    /// As large as the part of the target that is finished.
    pub(crate) residual: Option<&'a [f32]>,
    pub(crate) relu: bool,
}

impl<'a> Finish<'a> {
    #[inline(always)]
    pub(crate) fn is_nothing(&self) -> bool {
        self.scale_and_shift.is_none() && self.residual.is_none() && !self.relu
    }

    /// The same with the residual from `offset` on.
    pub(crate) fn from(self, offset: usize) -> Self {
        Self { residual: self.residual.map(|residual| &residual[offset..]), ..self }
    }

    /// Finishes numbers of `channel` that start at `offset` of the target.
    #[inline(always)]
    pub(crate) fn apply(&self, channel: usize, offset: usize, values: &mut [f32]) {
        if let Some((scale, shift)) = self.scale_and_shift {
            let (scale, shift) = (scale[channel], shift[channel]);
            for value in values.iter_mut() {
                *value = *value * scale + shift;
            }
        }
        if let Some(residual) = self.residual {
            for (value, residual) in values.iter_mut().zip(&residual[offset..]) {
                *value += residual;
            }
        }
        if self.relu {
            for value in values.iter_mut() {
                *value = relu(*value);
            }
        }
    }
}

/// The positive part; what is not a number stays so, as in PyTorch.
#[inline(always)]
pub(crate) fn relu(value: f32) -> f32 {
    if value < 0.0 { 0.0 } else { value }
}
