//! Every convolution of ResNet-18 and ResNet-50 by itself: forward, and both gradients.

use std::collections::BTreeSet;

use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor, TensorData};
use resnet::kernels::conv2d;
use resnet::models::read_back;
use serde_json::{Value, json};

use crate::compare::{Tolerances, verdict};
use crate::distance::Distance;

/// Images of each convolution, and the side of the network's input.
const BATCH: usize = 4;
const SIDE: usize = 224;

/// A square convolution on square images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Convolution {
    side: usize,
    input: usize,
    output: usize,
    kernel: usize,
    stride: usize,
}

/// The different ones, in the order of their sides.
fn all() -> BTreeSet<Convolution> {
    let mut all =
        BTreeSet::from([Convolution { side: SIDE, input: 3, output: 64, kernel: 7, stride: 2 }]);
    for stage in 0..4 {
        let (width, stride) = (64 << stage, if stage == 0 { 1 } else { 2 });
        let after = (SIDE / 4) >> stage;
        let before = after * stride;
        let mut add = |side, input, output, kernel, stride| {
            all.insert(Convolution { side, input, output, kernel, stride });
        };
        // Basic blocks.
        let narrow = if stage == 0 { 64 } else { width / 2 };
        add(before, narrow, width, 3, stride);
        add(after, width, width, 3, 1);
        // Bottlenecks: the first of a stage, with its projection, then the others.
        let wide = if stage == 0 { 64 } else { width * 2 };
        add(before, wide, width, 1, 1);
        add(before, width, width, 3, stride);
        add(before, wide, width * 4, 1, stride);
        add(after, width, width * 4, 1, 1);
        add(after, width * 4, width, 1, 1);
    }
    all
}

/// What computes one side of a comparison.
#[derive(Clone, Copy)]
pub(crate) struct Side<'a> {
    pub(crate) device: &'a Device,
    /// Runs before, to choose whose kernels compute.
    pub(crate) first: fn(),
}

/// Compares all of one side with those of `reference`.
pub(crate) fn compare_all(
    side: Side<'_>,
    reference: Side<'_>,
    most: &Tolerances,
) -> impl Iterator<Item = Value> {
    let compare = move |convolution: Convolution| {
        (reference.first)();
        let expected = results(convolution, reference.device);
        (side.first)();
        let found = results(convolution, side.device);
        let names = ["output", "input_gradient", "weight_gradient"];
        let error = |n: usize| Distance::between(&found[n], &expected[n]).relative();
        let mut line =
            verdict(&std::array::from_fn::<_, 3, _>(|n| (names[n], error(n), most.convolution)));
        line["convolution"] = json!(describe(&convolution));
        line
    };
    all().into_iter().map(compare)
}

fn describe(c: &Convolution) -> String {
    let Convolution { side, input, output, kernel, stride } = c;
    format!("{kernel}x{kernel}/{stride}, {input} to {output} channels at {side} px")
}

/// Output, gradient of the input, gradient of the weight, for made-up numbers.
fn results(c: Convolution, device: &Device) -> [TensorData; 3] {
    let device = device.clone().autodiff();
    let x = made_up::<4>([BATCH, c.input, c.side, c.side], 1, &device).require_grad();
    let weight = made_up::<4>([c.output, c.input, c.kernel, c.kernel], 2, &device).require_grad();
    let padding = c.kernel / 2;
    let options = ConvOptions::new([c.stride; 2], [padding; 2], [1, 1], 1);
    let y = conv2d(x.clone(), weight.clone(), options);
    let upstream = made_up::<4>(y.dims(), 3, &device);
    let gradients = (y.clone() * upstream).sum().backward();
    let of = |tensor: &Tensor<4>| tensor.grad(&gradients).map(read_back);
    let missing = || TensorData::zeros::<f32, _>([0]);
    [read_back(y), of(&x).unwrap_or_else(missing), of(&weight).unwrap_or_else(missing)]
}

/// Numbers between -1 and 1 without structure, the same everywhere.
fn made_up<const D: usize>(shape: [usize; D], seed: usize, device: &Device) -> Tensor<D> {
    let value = |i: usize| {
        let bits = (i + seed * 0x9E37_79B9).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
        bits as f32 / (1_u32 << 23) as f32 - 1.0
    };
    let values = (0..shape.iter().product()).map(value).collect();
    Tensor::from_data(TensorData::new::<f32, _>(values, shape), device)
}
