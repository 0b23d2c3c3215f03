//! Which rows and columns a thread takes, and sums over threads.

use cubecl::prelude::*;

use crate::cube::table::THREADS;

/// The column of this thread.
#[cube]
pub(crate) fn column() -> usize {
    (CUBE_POS_X * CUBE_DIM_X + UNIT_POS_X) as usize
}

/// The first row of this thread.
#[cube]
pub(crate) fn first_row() -> usize {
    (CUBE_POS_Y * CUBE_DIM_Y + UNIT_POS_Y) as usize
}

/// From one row of this thread to its next.
#[cube]
pub(crate) fn row_step() -> usize {
    (CUBE_COUNT_Y * CUBE_DIM_Y) as usize
}

/// The sum over the threads of a cube that share a column; only those with `UNIT_POS_Y == 0` get it.
#[cube]
pub(crate) fn sum_of_column<N: Size>(value: Vector<f32, N>) -> Vector<f32, N> {
    let mut shared = Shared::<[Vector<f32, N>]>::new_slice(THREADS);
    shared[UNIT_POS as usize] = value;
    sync_cube();
    let mut sum = value;
    if UNIT_POS_Y == 0 {
        for y in 1..CUBE_DIM_Y {
            sum += shared[(y * CUBE_DIM_X + UNIT_POS_X) as usize];
        }
    }
    sum
}

/// The sum over the parts of this thread's column; only threads with `UNIT_POS_Y == 0` get all of it.
#[cube]
pub(crate) fn sum_of_parts(values: &Tensor<f32>, parts: usize, columns: usize) -> f32 {
    let column = column();
    let mut sum = Vector::<f32, Const<1>>::new(0.0f32);
    if column < columns {
        let mut part = UNIT_POS_Y as usize;
        while part < parts {
            sum += Vector::new(values[part * columns + column]);
            part += CUBE_DIM_Y as usize;
        }
    }
    sum_of_column::<Const<1>>(sum).extract(0usize)
}
