use super::op::PixelOp;
use super::resize::Resizer;

/// Memory that [`Transform::apply`](crate::Transform::apply) needs on the way. Keep one per thread:
/// then memory for pixels is taken for the largest images only.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) resizer: Resizer,
    /// What the random steps drew.
    pub(super) ops: Vec<PixelOp>,
    /// The pixels before an operation that reads the neighbours of what it writes.
    pub(super) source: Vec<u8>,
    /// The pixels at the beginning of a mixture, and the mixture.
    pub(super) original: Vec<u8>,
    pub(super) mixture: Vec<f32>,
}

/// Makes `copy` equal to `pixels`, reusing its memory.
pub(super) fn copy_to(copy: &mut Vec<u8>, pixels: &[u8]) {
    copy.clear();
    copy.extend_from_slice(pixels);
}
