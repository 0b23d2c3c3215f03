//! The shapes of a convolution.

/// Shapes and steps of a convolution without dilation and groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Geometry {
    /// `[b, c, h, w]`.
    pub(crate) input: [usize; 4],
    /// `[c', c, kh, kw]`.
    pub(crate) weight: [usize; 4],
    /// Down and to the right.
    pub(crate) stride: [usize; 2],
    /// Above and below, left and right.
    pub(crate) padding: [usize; 2],
}

impl Geometry {
    /// The output's shape `[b, c', h', w']`.
    pub(crate) fn output(&self) -> [usize; 4] {
        let size = |axis: usize| {
            let padded = self.input[axis + 2] + 2 * self.padding[axis];
            (padded - self.weight[axis + 2]) / self.stride[axis] + 1
        };
        [self.input[0], self.weight[0], size(0), size(1)]
    }
}
