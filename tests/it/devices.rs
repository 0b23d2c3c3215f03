//! Other devices against the CPU: `cargo test --release --features wgpu --test it devices`.
//!
//! Where no adapter is found the test says that it was skipped. Software Vulkan will do (Debian's
//! `mesa-vulkan-drivers`): the first steps take a minute there, for compiling shaders.

use std::sync::Arc;

use resnet::data::{Loader, LoaderOptions, SyntheticImages, Transform};
use resnet::training::learner::{Learner, StepAt};
use resnet::training::meter::Meter;
use resnet::{Chosen, DeviceChoice, GpuApi, choose_device, presets};

/// Largest relative difference of a loss after a few steps of a small network.
const TOLERANCE: f64 = 1e-4;

/// Cross-entropy of four training steps of ResNet-8 on made-up images.
fn losses(chosen: &Chosen) -> Vec<f64> {
    let recipe = presets::fashion_mnist_sample();
    let images = Arc::new(SyntheticImages::new(32, 10, 0).with_side(12));
    let transform = Transform::pad_crop(12, 2);
    let loader = Loader::new(images, LoaderOptions::train(8, 0, transform)).expect("a loader");
    let mut learner = Learner::new(&recipe, &chosen.device).expect("a network");
    let mut meter = Meter::default();
    for (step, batch) in (0..).zip(loader.epoch(0, 0)) {
        let at = StepAt { step, lr: 0.05 };
        learner = learner.step(batch.expect("a batch"), at, &mut meter);
    }
    meter.take().iter().map(|step| step.cross_entropy / step.examples).collect()
}

#[test]
fn a_gpu_trains_with_the_losses_of_the_cpu() {
    let gpu = match choose_device(DeviceChoice::Gpu(GpuApi::Wgpu, 0)) {
        Ok(gpu) => gpu,
        Err(error) => {
            eprintln!("SKIPPED: {error}");
            return;
        }
    };
    let cpu = losses(&choose_device(DeviceChoice::Cpu).expect("the CPU"));
    let gpu = losses(&gpu);
    eprintln!("CPU {cpu:?}, GPU {gpu:?}");
    for (step, (cpu, gpu)) in cpu.iter().zip(&gpu).enumerate() {
        assert!((cpu - gpu).abs() < TOLERANCE * cpu, "step {step}: CPU {cpu}, GPU {gpu}");
    }
}

#[test]
fn auto_finds_a_device_that_works_whatever_is_compiled_in() {
    let chosen = choose_device(DeviceChoice::Auto).expect("at least the CPU");
    assert!(!chosen.reason.is_empty());
    assert!(losses(&chosen).iter().all(|loss| loss.is_finite()));
}
