//! The kernels for GPUs against those for the CPU, wherever wgpu finds an adapter: software Vulkan
//! (Debian's `mesa-vulkan-drivers`) will do.

use burn::tensor::{Device, DeviceType, Tensor, TensorData};
use resnet_kernels::{Sgd, adamw_step, has_optimizer_steps, sgd_step};

use crate::batch_norm::run;
use crate::optimizer::{
    ADAMW, By, Correct, SGD_RULES, adamw, as_long_as_the_weight, corrected, moves_copies_only, sgd,
};
use crate::support::{assert_close, numbers, training, wide};

fn gpu() -> Option<Device> {
    let gpu = Device::enumerate(DeviceType::Wgpu).into_vec().into_iter().next();
    if gpu.is_none() {
        eprintln!("SKIPPED: no adapter");
    }
    gpu
}

#[test]
fn normalisation_and_its_gradients_are_those_of_the_cpu() {
    let Some(gpu) = gpu() else { return };
    for shape in [[4, 64, 8, 8], [2, 256, 3, 5], [1, 3, 33, 31], [7, 5, 1, 1], [2, 1, 50, 50]] {
        for then in [(false, false), (false, true), (true, true), (true, false)] {
            let on_gpu = run(&gpu.clone().autodiff(), shape, then, true);
            let on_cpu = run(&training(), shape, then, true);
            for ((name, gpu), (_, cpu)) in on_gpu.iter().zip(on_cpu) {
                assert_close(gpu, &wide(&cpu), 5e-5, &format!("{shape:?} {then:?} {name}"));
            }
        }
    }
}

/// Whole vectors or not, one cube or several.
const LENGTHS: [usize; 5] = [1, 10, 64, 1_001, 70_000];

fn assert_same<const N: usize>(gpu: [Tensor<1>; N], cpu: [Tensor<1>; N], what: &str) {
    for (gpu, cpu) in gpu.into_iter().zip(cpu) {
        assert_close(&numbers(gpu), &wide(&numbers(cpu)), 1e-6, what);
    }
}

#[test]
fn steps_of_optimizers_are_those_of_the_cpu_and_of_burns_operations() {
    let (Some(gpu), cpu) = (gpu(), Device::flex()) else { return };
    for length in LENGTHS {
        let (gpu, cpu) = ((&gpu, length), (&cpu, length));
        for rule in SGD_RULES {
            let what = format!("{length} numbers, {rule:?}");
            assert_same(sgd(gpu, rule, By::Kernel), sgd(cpu, rule, By::Kernel), &what);
            assert_same(sgd(gpu, rule, By::Kernel), sgd(gpu, rule, By::Burn), &what);
        }
        let what = format!("{length} numbers, {ADAMW:?}");
        assert_same(adamw(gpu, ADAMW, By::Kernel), adamw(cpu, ADAMW, By::Kernel), &what);
        assert_same(adamw(gpu, ADAMW, By::Kernel), adamw(gpu, ADAMW, By::Burn), &what);
    }
}

#[test]
fn steps_as_long_as_the_weight_are_those_of_the_cpu() {
    let (Some(gpu), cpu) = (gpu(), Device::flex()) else { return };
    for length in LENGTHS {
        let what = format!("{length} numbers");
        let [on_gpu, on_cpu] = [&gpu, &cpu].map(|device| as_long_as_the_weight((device, length)));
        assert_same(on_gpu, on_cpu, &what);
        let [by_step, on_device] =
            [Correct::ByStep, Correct::OnDevice].map(|correct| corrected((&gpu, length), correct));
        assert_same(by_step, on_device, &what);
    }
}

#[test]
fn what_somebody_else_holds_on_a_gpu_stays_as_it_is() {
    let Some(gpu) = gpu() else { return };
    LENGTHS.into_iter().for_each(|length| moves_copies_only((&gpu, length)));
}

/// Where the CPU has infinity or what is not a number, a GPU has it.
#[test]
fn what_is_not_finite_spreads_in_a_step_as_on_the_cpu() {
    let Some(gpu) = gpu() else { return };
    let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, 0.0, 1.0];
    // Every odd weight meets every odd gradient.
    let weights = odd.iter().flat_map(|&weight| [weight; 6]).collect::<Vec<_>>();
    let gradients = odd.repeat(6);
    let after_step = |device: &Device| {
        let [weight, gradient] = [&weights, &gradients]
            .map(|values| Tensor::from_data(TensorData::from(&values[..]), device));
        assert!(has_optimizer_steps(&weight));
        let without_decay = Sgd { decay: 0.0, ..SGD_RULES[2] };
        let steps = [without_decay, SGD_RULES[2]].map(|rule| {
            let (weight, velocity) = sgd_step(weight.clone(), gradient.clone(), None, rule);
            [weight, velocity]
        });
        let (weight, means) = adamw_step(weight, gradient, None, None, ADAMW);
        steps
            .into_iter()
            .flatten()
            .chain([weight])
            .chain(means)
            .flat_map(numbers)
            .collect::<Vec<_>>()
    };
    let kind = |x: &f32| (x.is_nan(), x.is_infinite(), x.is_sign_positive() || x.is_nan());
    let [on_gpu, on_cpu] = [&gpu, &Device::flex()]
        .map(|device| after_step(device).iter().map(kind).collect::<Vec<_>>());
    assert_eq!(on_gpu, on_cpu);
}
