use super::op::PixelOp;
use super::resize::Resizer;

/// Memory that [`Transform::apply`](crate::Transform::apply) needs on the way. Keep one per thread:
/// then memory for pixels is taken for the largest images only.
#[derive(Debug, Default)]
pub struct Scratch<L = u8> {
    pub(super) resizer: Resizer<L>,
    /// What the random steps drew.
    pub(super) ops: Vec<PixelOp>,
    /// The pixels before an operation that reads the neighbours of what it writes.
    pub(super) source: Vec<L>,
    /// The pixels at the beginning of a mixture, and the mixture.
    pub(super) original: Vec<L>,
    pub(super) mixture: Vec<f32>,
}

/// Makes `copy` equal to `pixels`, reusing its memory.
pub(super) fn copy_to<L: Copy>(copy: &mut Vec<L>, pixels: &[L]) {
    copy.clear();
    copy.extend_from_slice(pixels);
}
