//! Convolution and its gradients on the matrix units of a GPU.
//!
//! Burn tries a dozen programs for every shape and compiles each of them: half an hour for the 23 shapes
//! of ResNet-50, before the first step. Here the choice is made beforehand. The data gradient is a
//! convolution, too, with the weights turned round; so it shares its programs with the forward pass.

use burn::backend::TensorMetadata;
use burn::backend::cubecl::dtype_to_storage_type;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{DType, Shape};
use burn_cubecl::kernel::conv::{
    ConvStrategy, conv_data_backward, conv_forward, conv_weight_backward,
};
use burn_cubecl::ops::permute_nhwc_to_nchw;
use burn_cubecl::tensor::CubeTensor;
use cubek::convolution::{
    AcceleratedTileKind, ConvAlgorithm, ConvolutionArgs, ConvolutionInputs, Strategy, launch_ref,
};
use cubek::matmul::definition::{MatmulElems, MatmulGlobalElems};
use cubek::std::InputBinding;

use super::device::layout;
use super::device::weights::PLANE;
use super::table::{Table, empty};
use super::weight_gradient;
use crate::geometry::Geometry;

/// The convolution of `x` with `weight`.
pub(super) fn forward(x: CubeTensor, weight: CubeTensor, geometry: &Geometry) -> CubeTensor {
    if !has_matrix_units(&x) {
        return burns(x, weight, options(geometry));
    }
    let weight = arranged(weight, Arrangement::AsItIs);
    let x = Table::new(x);
    convolve(&x, weight, geometry.stride, geometry.padding, geometry.output())
}

/// The gradient of the input from the output's.
pub(super) fn data_gradient(dy: CubeTensor, weight: CubeTensor, geometry: &Geometry) -> CubeTensor {
    if !has_matrix_units(&dy) {
        let shape = Shape::new(geometry.input);
        let strategy = ConvStrategy::default();
        return conv_data_backward(dy, weight, shape, options(geometry), strategy)
            .expect("Burn's default finds a program for every shape");
    }
    let weight = arranged(weight, Arrangement::TurnedRound);
    let dy = Table::new(dy);
    let [.., height, width] = geometry.input;
    let [.., kernel_height, kernel_width] = geometry.weight;
    if [kernel_height, kernel_width] == [1, 1] && geometry.padding == [0, 0] {
        let [batch, _, rows, columns] = geometry.output();
        let small = [batch, geometry.input[1], rows, columns];
        let dx = Table::new(convolve(&dy, weight, [1, 1], [0, 0], small));
        return spread(&dx, geometry.stride, [height, width]).into_tensor();
    }
    let [above, left] = geometry.padding;
    let padding = [kernel_height - 1 - above, kernel_width - 1 - left];
    let full = [height + 2 * above + 1 - kernel_height, width + 2 * left + 1 - kernel_width];
    let dy = spread(&dy, geometry.stride, full);
    convolve(&dy, weight, [1, 1], padding, geometry.input)
}

/// The gradient of the weights from the output's.
pub(super) fn weight_gradient(dy: CubeTensor, x: CubeTensor, geometry: &Geometry) -> CubeTensor {
    if has_matrix_units(&dy) {
        return weight_gradient::launch(&Table::new(dy), &Table::new(x), geometry);
    }
    let shape = Shape::new(geometry.weight);
    let strategy = ConvStrategy::default();
    conv_weight_backward(x, dy, shape, options(geometry), strategy)
        .expect("Burn's default finds a program for every shape")
}

fn options(geometry: &Geometry) -> ConvOptions<2> {
    ConvOptions::new(geometry.stride, geometry.padding, [1, 1], 1)
}

/// The element that the matrix units multiply, and the depth of one multiplication.
pub(super) fn matrix_element(dtype: DType) -> Option<(cubecl::ir::ElemType, usize)> {
    use cubecl::ir::FloatKind;
    match dtype {
        DType::F32 => Some((FloatKind::TF32.into(), 8)),
        DType::BF16 => Some((FloatKind::BF16.into(), 16)),
        DType::F16 => Some((FloatKind::F16.into(), 16)),
        _ => None,
    }
}

/// Whether the device multiplies 16 × 16 matrices of the tensor's element in one go, with the 32 units of a
/// [plane](PLANE): the kernels take a row of 32 for one, where AMD's larger GPUs have planes of 64.
fn has_matrix_units(tensor: &CubeTensor) -> bool {
    let Some((element, depth)) = matrix_element(tensor.dtype) else {
        return false;
    };
    let properties = tensor.client.properties();
    let planes = (properties.hardware.plane_size_min, properties.hardware.plane_size_max);
    planes == (PLANE, PLANE)
        && properties.features.matmul.cmma.iter().any(|config| {
            (config.a_type, config.b_type) == (element, element)
                && config.cd_type == dtype_to_storage_type(DType::F32)
                && (config.m, config.n, config.k) == (16, 16, depth as u32)
        })
}

/// A convolution with the weights `[c', kh, kw, c]`; the result is `shape` `[b, c', h', w']`.
fn convolve(
    x: &Table,
    weight: CubeTensor,
    stride: [usize; 2],
    padding: [usize; 2],
    [batch, channels, height, width]: [usize; 4],
) -> CubeTensor {
    let out = empty(&x.tensor, Shape::new([batch, height, width, channels]), x.tensor.dtype);
    let element = x.element();
    let elements =
        MatmulElems::from_globals(&MatmulGlobalElems { lhs: element, rhs: element, out: element });
    for strategy in strategies(x) {
        let inputs = ConvolutionInputs::Forward {
            input: InputBinding::new(x.tensor.clone().binding(), element),
            weight: InputBinding::new(weight.clone().binding(), element),
            bias: None,
            out: out.clone().binding(),
        };
        let args = ConvolutionArgs { stride, padding, dilation: [1, 1] };
        if launch_ref::<2>(&strategy, &x.tensor.client, inputs, args, elements.clone()).is_ok() {
            return permute_nhwc_to_nchw(out);
        }
    }
    let (x, weight) = (x.clone().into_tensor(), permute_nhwc_to_nchw(weight));
    burns(x, weight, ConvOptions::new(stride, padding, [1, 1], 1))
}

/// Burn's own convolution.
fn burns(x: CubeTensor, weight: CubeTensor, options: ConvOptions<2>) -> CubeTensor {
    conv_forward(x, weight, None, options, ConvStrategy::default())
        .expect("Burn's default finds a program for every shape")
}

/// The copy engine of newer GPUs wants whole cache lines; the first layer has three channels.
fn strategies(x: &Table) -> impl Iterator<Item = Strategy> + use<> {
    let is_wide = x.channels.is_multiple_of(64);
    let by_engine = is_wide.then_some(ConvAlgorithm::SimpleAsyncTma);
    by_engine
        .into_iter()
        .chain([ConvAlgorithm::SimpleSyncStrided])
        .map(|algorithm| Strategy::Inferred { algorithm, tile_kind: AcceleratedTileKind::Mma })
}

/// How weights lie in memory for a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arrangement {
    /// `[c', kh, kw, c]`.
    AsItIs,
    /// `[c, kh, kw, c']`, the taps in the opposite order.
    TurnedRound,
}

/// The weights `[c', c, kh, kw]` in another order.
fn arranged(weight: CubeTensor, arrangement: Arrangement) -> CubeTensor {
    let [outputs, inputs, height, width] = weight.shape().dims();
    let turned = arrangement == Arrangement::TurnedRound;
    let (first, last) = if turned { (inputs, outputs) } else { (outputs, inputs) };
    let arranged = empty(&weight, Shape::new([first, height, width, last]), weight.dtype);
    let count = first * height * width * last;
    let weight = burn_cubecl::kernel::into_contiguous(weight);
    layout::arrange::launch(
        &weight.client,
        super::table::cubes(count),
        super::table::cube(),
        weight.clone().into_tensor_arg(),
        arranged.clone().into_tensor_arg(),
        outputs,
        inputs,
        height * width,
        turned,
        dtype_to_storage_type(weight.dtype),
    );
    arranged
}

/// `x` with `stride - 1` zeros between neighbours, and zeros after the last up to `size`.
fn spread(x: &Table, stride: [usize; 2], [height, width]: [usize; 2]) -> Table {
    let [batch, rows, columns, _] = x.tensor.shape().dims();
    if [rows, columns] == [height, width] {
        return x.clone();
    }
    let shape = Shape::new([batch, height, width, x.channels]);
    let wide = Table {
        tensor: empty(&x.tensor, shape, x.tensor.dtype),
        rows: batch * height * width,
        channels: x.channels,
    };
    let vector = x.vector_size();
    let depth = x.channels / vector;
    layout::spread::launch(
        &x.tensor.client,
        super::table::cubes(wide.rows * depth),
        super::table::cube(),
        vector,
        x.tensor.clone().into_tensor_arg(),
        wide.tensor.clone().into_tensor_arg(),
        rows,
        columns,
        height,
        width,
        stride[0],
        stride[1],
        depth,
        wide.rows * depth,
        x.element(),
    );
    wide
}
