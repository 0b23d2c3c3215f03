//! Memory that is used again.

/// Gives `vec` the length `len`; what it held may remain. Where there is no room, the old memory is
/// returned before new memory is taken, and no more than is needed: pictures are large.
pub(crate) fn resize<T: Copy>(vec: &mut Vec<T>, len: usize, value: T) {
    if vec.capacity() < len {
        *vec = Vec::new();
        vec.reserve_exact(len);
    }
    vec.resize(len, value);
}
