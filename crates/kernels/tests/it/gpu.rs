//! The kernels for GPUs against those for the CPU, wherever wgpu finds an adapter: software Vulkan
//! (Debian's `mesa-vulkan-drivers`) will do.

use burn::tensor::{Device, DeviceType};

use crate::batch_norm::run;
use crate::support::{assert_close, training, wide};

#[test]
fn normalisation_and_its_gradients_are_those_of_the_cpu() {
    let Some(gpu) = Device::enumerate(DeviceType::Wgpu).into_vec().into_iter().next() else {
        eprintln!("SKIPPED: no adapter");
        return;
    };
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
