//! Single convolutions of ResNet-50 on a device: how far their results are from the CPU's, and how long
//! they take.
//!
//! ```text
//! cargo run --release --features cuda --example bench_convolution -- --device cuda --precision f32,bf16
//! ```
//!
//! Prints one JSON object for each shape and precision. The first pass of each includes the time in which
//! the device's compiler works.

#[path = "common/ending.rs"]
mod ending;
#[path = "common/failure.rs"]
mod failure;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Distribution, FloatDType, Tensor};
use clap::{Parser, ValueEnum};
use resnet::{DeviceChoice, choose_device};
use serde_json::json;

/// Compare and time the convolutions of ResNet-50, forward and backward
#[derive(Parser)]
struct Args {
    /// Where to compute: auto, cpu, cuda:N, rocm:N, metal:N, vulkan:N or wgpu:N. Without :N it is the first
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    device: DeviceChoice,
    /// Types of the images and weights
    #[arg(long, value_name = "TYPE,TYPE", value_delimiter = ',', default_value = "f32")]
    precision: Vec<Precision>,
    /// Images of a timed pass; three are compared
    #[arg(long, value_name = "N", default_value_t = 64)]
    batch_size: usize,
    /// Timed passes of each kind
    #[arg(long, value_name = "N", default_value_t = 10)]
    steps: usize,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Precision {
    F32,
    F16,
    Bf16,
}

/// Input channels, output channels, kernel, stride, padding, height and width of the images.
const SHAPES: [[usize; 6]; 8] = [
    [3, 64, 7, 2, 3, 224],
    [64, 64, 1, 1, 0, 56],
    [64, 64, 3, 1, 1, 56],
    [64, 256, 1, 1, 0, 56],
    [128, 128, 3, 2, 1, 56],
    [256, 512, 1, 2, 0, 56],
    [512, 512, 3, 1, 1, 7],
    [2048, 512, 1, 1, 0, 7],
];

/// A convolution's factors; both want gradients.
struct Factors {
    x: Tensor<4>,
    weight: Tensor<4>,
    options: ConvOptions<2>,
}

impl Factors {
    fn new([inputs, outputs, kernel, stride, padding, side]: [usize; 6], batch: usize) -> Self {
        let device = Device::flex();
        let random = |shape: [usize; 4]| {
            Tensor::<4>::random(shape, Distribution::Uniform(-0.5, 0.5), &device)
        };
        Self {
            x: random([batch, inputs, side, side]),
            weight: random([outputs, inputs, kernel, kernel]),
            options: ConvOptions::new([stride; 2], [padding; 2], [1, 1], 1),
        }
    }

    fn on(&self, device: &Device, precision: Precision) -> Self {
        let dtype = match precision {
            Precision::F32 => FloatDType::F32,
            Precision::F16 => FloatDType::F16,
            Precision::Bf16 => FloatDType::BF16,
        };
        let brought = |tensor: &Tensor<4>| {
            Tensor::<4>::from_data(tensor.to_data(), device).cast(dtype).detach().require_grad()
        };
        let options = self.options.clone();
        Self { x: brought(&self.x), weight: brought(&self.weight), options }
    }

    fn forward(&self) -> Tensor<4> {
        resnet::kernels::conv2d(self.x.clone(), self.weight.clone(), self.options.clone())
    }

    /// Output and both gradients of the sum of the output's squares.
    fn results(&self) -> Result<[Vec<f32>; 3]> {
        let y = self.forward();
        let gradients = y.clone().powf_scalar(2.0).sum().backward();
        let missing = || anyhow::anyhow!("a gradient is missing");
        let dx = self.x.grad(&gradients).ok_or_else(missing)?;
        let dw = self.weight.grad(&gradients).ok_or_else(missing)?;
        Ok([numbers(y)?, numbers(dx)?, numbers(dw)?])
    }
}

fn numbers(tensor: Tensor<4>) -> Result<Vec<f32>> {
    let data = tensor.into_data().convert::<f32>();
    data.try_into_vec().map_err(|error| anyhow::anyhow!("{error:?}"))
}

/// The norm of the difference over the norm of what is expected.
fn error(actual: &[f32], expected: &[f32]) -> f64 {
    let square = |x: f64| x * x;
    let pairs = actual.iter().zip(expected);
    let difference: f64 = pairs.map(|(a, b)| square(f64::from(*a) - f64::from(*b))).sum();
    let norm: f64 = expected.iter().map(|b| square(f64::from(*b))).sum();
    (difference / norm).sqrt()
}

/// Milliseconds of one pass, after one that is not counted.
fn milliseconds(device: &Device, steps: usize, pass: impl Fn()) -> Result<f64> {
    pass();
    device.sync()?;
    let start = Instant::now();
    (0..steps).for_each(|_| pass());
    device.sync()?;
    Ok(1e3 * start.elapsed().as_secs_f64() / steps as f64)
}

fn main() -> ExitCode {
    ending::of(run(&Args::parse()).map(|()| ending::DONE))
}

fn run(args: &Args) -> Result<()> {
    let chosen = choose_device(args.device)?;
    let (device, cpu) = (chosen.device.clone().autodiff(), Device::flex().autodiff());
    for shape in SHAPES {
        let few = Factors::new(shape, 3);
        let expected = few.on(&cpu, Precision::F32).results()?;
        for &precision in &args.precision {
            let start = Instant::now();
            let actual = few.on(&device, precision).results()?;
            let first = start.elapsed().as_secs_f64();
            let [y, dx, dw] = [0, 1, 2].map(|i| error(&actual[i], &expected[i]));
            let many = Factors::new(shape, args.batch_size).on(&device, precision);
            let forward = milliseconds(&device, args.steps, || drop(many.forward()))?;
            let both = milliseconds(&device, args.steps, || {
                drop(many.forward().sum().backward());
            })?;
            let line = json!({
                "device": chosen.name,
                "shape": shape,
                "precision": format!("{precision:?}").to_lowercase(),
                "errors": { "y": y, "dx": dx, "dw": dw },
                "first_pass_seconds": first,
                "batch": args.batch_size,
                "forward_ms": forward,
                "forward_and_backward_ms": both,
            });
            println!("{line}");
        }
    }
    Ok(())
}
