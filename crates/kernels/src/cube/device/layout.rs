//! Weights in another order, and pixels with room between them.

// A launch names every buffer and size that a kernel reads.
#![allow(clippy::too_many_arguments)]

use cubecl::prelude::*;

/// Weights `[c', c, taps]` as `[c', taps, c]`, or turned round as `[c, taps in reverse, c']`.
#[cube(launch)]
pub(crate) fn arrange<E: Float>(
    weight: &Tensor<E>,
    arranged: &mut Tensor<E>,
    outputs: usize,
    inputs: usize,
    taps: usize,
    #[comptime] turned: bool,
    #[define(E)] _element: ElemType,
) {
    let index = ABSOLUTE_POS;
    if index >= outputs * inputs * taps {
        terminate!();
    }
    if turned {
        let output = index % outputs;
        let tap = (index / outputs) % taps;
        let input = index / outputs / taps;
        arranged[index] = weight[(output * inputs + input) * taps + taps - 1 - tap];
    } else {
        let input = index % inputs;
        let tap = (index / inputs) % taps;
        let output = index / inputs / taps;
        arranged[index] = weight[(output * inputs + input) * taps + tap];
    }
}

/// Pixels with zeros between them; `depth` vectors are a pixel.
#[cube(launch)]
pub(crate) fn spread<E: Float, N: Size>(
    x: &Tensor<Vector<E, N>>,
    wide: &mut Tensor<Vector<E, N>>,
    rows: usize,
    columns: usize,
    height: usize,
    width: usize,
    down: usize,
    right: usize,
    depth: usize,
    count: usize,
    #[define(E)] _element: ElemType,
) {
    let index = ABSOLUTE_POS;
    if index >= count {
        terminate!();
    }
    let channel = index % depth;
    let pixel = index / depth;
    let x_ = pixel % width;
    let y = (pixel / width) % height;
    let image = pixel / width / height;
    let mut value = Vector::<E, N>::new(E::new(0.0f32));
    let (below, beside) = (y % down, x_ % right);
    if below + beside == 0 && y / down < rows && x_ / right < columns {
        value = x[((image * rows + y / down) * columns + x_ / right) * depth + channel];
    }
    wide[index] = value;
}
