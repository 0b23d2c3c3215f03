//! Lengths of two flat tensors, on which the steps of LARS and LAMB depend; their sums have one order.

use burn::tensor::{DType, Shape};
use burn_cubecl::tensor::CubeTensor;

use super::device::lengths as device;
use super::optimizer::vectors;
use super::table::{Shares, empty};

/// Sums of squares of two tensors, of parts of each.
pub(super) struct Squares {
    pub(super) shares: Shares,
    pub(super) sums: [CubeTensor; 2],
}

impl Squares {
    /// Room for tensors like `flat`.
    pub(super) fn new(flat: &CubeTensor) -> Self {
        let (vector, count) = vectors(flat);
        let shares = Shares::of(count, 1);
        let room = || empty(flat, Shape::new([shares.parts * vector]), DType::F32);
        Self { shares, sums: [room(), room()] }
    }

    /// Both lengths, `[2]`.
    pub(super) fn lengths(self) -> CubeTensor {
        let [first, second] = self.sums;
        let lengths = empty(&first, Shape::new([2]), DType::F32);
        let merging = Shares::of(1, 1);
        device::lengths::launch(
            &first.client,
            merging.cube_count(),
            merging.cube_dim(),
            first.clone().into_tensor_arg(),
            second.into_tensor_arg(),
            lengths.clone().into_tensor_arg(),
            first.meta.num_elements(),
        );
        lengths
    }
}

/// The lengths of two tensors, `[2]`.
pub(super) fn of(first: &CubeTensor, second: &CubeTensor) -> CubeTensor {
    let squares = Squares::new(first);
    let (vector, count) = vectors(first);
    let [of_first, of_second] = &squares.sums;
    device::squares::launch(
        &first.client,
        squares.shares.cube_count(),
        squares.shares.cube_dim(),
        vector,
        first.clone().into_tensor_arg(),
        second.clone().into_tensor_arg(),
        of_first.clone().into_tensor_arg(),
        of_second.clone().into_tensor_arg(),
        count,
    );
    squares.lengths()
}
