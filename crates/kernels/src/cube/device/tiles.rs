//! Tiles of 16 x 16 numbers on the matrix units.

use cubecl::cmma;
use cubecl::prelude::*;

use super::weights::{DEPTH, PITCH};

#[cube]
pub(crate) fn zeros(#[comptime] depth: usize) -> cmma::Matrix<f32> {
    cmma::Matrix::<f32>::from_value(
        cmma::MatrixIdent::Accumulator,
        16usize,
        16usize,
        depth,
        cmma::MatrixLayout::Undefined,
        0.0f32,
    )
}

/// Pixels are the columns of the left factor and neighbours in memory are its rows.
#[cube]
pub(crate) fn gradient_tile<T: Float>(
    shared: &Shared<[T]>,
    offset: usize,
    #[comptime] depth: usize,
) -> cmma::Matrix<T> {
    cmma::Matrix::<T>::from_slice(
        cmma::MatrixIdent::A,
        16usize,
        16usize,
        depth,
        cmma::MatrixLayout::ColMajor,
        &shared[offset..DEPTH * PITCH],
        PITCH as u32,
    )
}

#[cube]
pub(crate) fn input_tile<T: Float>(
    shared: &Shared<[T]>,
    offset: usize,
    #[comptime] depth: usize,
) -> cmma::Matrix<T> {
    cmma::Matrix::<T>::from_slice(
        cmma::MatrixIdent::B,
        16usize,
        16usize,
        depth,
        cmma::MatrixLayout::RowMajor,
        &shared[offset..DEPTH * PITCH],
        PITCH as u32,
    )
}

#[cube]
pub(crate) fn store_tile(sums: &mut [f32], tile: &cmma::Matrix<f32>, offset: usize, width: usize) {
    let len = sums.len();
    cmma::store(&mut sums[offset..len], tile, width as u32, cmma::MatrixLayout::RowMajor);
}
