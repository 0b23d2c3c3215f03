//! An image batch as a table of pixels and channels, and how threads share it.

use burn::backend::TensorMetadata;
use burn::backend::cubecl::dtype_to_storage_type;
use burn::tensor::{DType, Shape};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::ops::{permute_nchw_to_nhwc, permute_nhwc_to_nchw};
use burn_cubecl::tensor::CubeTensor;
use cubecl::ir::ElemType;
use cubecl::prelude::{CubeCount, CubeDim};

/// Threads of a cube.
pub(super) const THREADS: usize = 256;
/// Neighbouring threads that read neighbouring channels: enough for whole cache lines.
const MAX_LANES: usize = 32;
/// Cubes that keep every processor of a large GPU busy.
const CUBES: usize = 1024;
/// Rows that are worth a thread's while.
const MIN_ROWS: usize = 8;

/// A tensor `[b, c, h, w]` whose memory is in the order `[b, h, w, c]`.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) tensor: CubeTensor,
    pub(super) rows: usize,
    pub(super) channels: usize,
}

impl Table {
    /// Copies only what is not in this order yet.
    pub(super) fn new(tensor: CubeTensor) -> Self {
        let tensor = into_contiguous(permute_nchw_to_nhwc(tensor));
        let [batch, height, width, channels] = tensor.shape().dims();
        Self { tensor, rows: batch * height * width, channels }
    }

    /// A table of the same shape, not yet written.
    pub(super) fn like(other: &Self) -> Self {
        let tensor = empty(&other.tensor, other.tensor.shape(), other.tensor.dtype);
        Self { tensor, ..*other }
    }

    /// As `[b, c, h, w]` again.
    pub(super) fn into_tensor(self) -> CubeTensor {
        permute_nhwc_to_nchw(self.tensor)
    }

    /// The element's type.
    pub(super) fn element(&self) -> ElemType {
        dtype_to_storage_type(self.tensor.dtype)
    }

    /// Numbers for each channel, f32.
    pub(super) fn per_channel(&self) -> CubeTensor {
        empty(&self.tensor, Shape::new([self.channels]), DType::F32)
    }

    /// A row of numbers for each part of the rows, f32.
    pub(super) fn per_part(&self, parts: usize) -> CubeTensor {
        empty(&self.tensor, Shape::new([parts, self.channels]), DType::F32)
    }

    /// Neighbouring channels that a thread takes at once: 16 bytes where the channels allow it.
    pub(super) fn vector_size(&self) -> usize {
        let most = 16 / self.tensor.dtype.size();
        [8, 4, 2].into_iter().find(|&n| n <= most && self.channels.is_multiple_of(n)).unwrap_or(1)
    }
}

/// Memory on the device of `like`, not yet written.
pub(super) fn empty(like: &CubeTensor, shape: Shape, dtype: DType) -> CubeTensor {
    empty_device_contiguous_dtype(like.client.clone(), like.device.clone(), shape, dtype)
}

/// How the threads share a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shares {
    /// Neighbouring threads, which take neighbouring columns.
    lanes: usize,
    /// Cubes beside each other, for the columns.
    across: usize,
    /// Cubes below each other; each takes every so manieth row.
    pub(super) parts: usize,
}

impl Shares {
    /// For `rows` rows of `columns` columns, which may be vectors.
    pub(super) fn of(rows: usize, columns: usize) -> Self {
        let lanes = columns.next_power_of_two().min(MAX_LANES);
        let across = columns.div_ceil(lanes);
        let rows_at_once = THREADS / lanes;
        let useful = rows.div_ceil(rows_at_once * MIN_ROWS);
        Self { lanes, across, parts: (CUBES / across).clamp(1, useful.max(1)) }
    }

    pub(super) fn cube_dim(&self) -> CubeDim {
        CubeDim::new_2d(self.lanes as u32, (THREADS / self.lanes) as u32)
    }

    pub(super) fn cube_count(&self) -> CubeCount {
        CubeCount::new_2d(self.across as u32, self.parts as u32)
    }
}

/// A cube in one line.
pub(super) fn cube() -> CubeDim {
    CubeDim::new_1d(THREADS as u32)
}

/// Cubes with a thread for each of `count` numbers.
pub(super) fn cubes(count: usize) -> CubeCount {
    // More than 65,535 in one line are too many for some devices.
    let cubes = count.div_ceil(THREADS);
    let lines = cubes.div_ceil(1 << 15);
    CubeCount::new_2d(cubes.div_ceil(lines) as u32, lines as u32)
}
