//! Where a pooling looks.

/// The window of a pooling, `[rows, columns]` each; padding is the same on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolWindow {
    /// Size of the window.
    pub kernel: [usize; 2],
    /// From one window to the next.
    pub stride: [usize; 2],
    /// Pixels around the image that never are the maximum.
    pub padding: [usize; 2],
}
