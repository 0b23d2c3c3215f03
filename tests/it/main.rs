//! One binary for all tests of the whole: Burn is linked once.

mod bad_input;
#[cfg(feature = "wgpu")]
mod broken_drivers;
mod command_line;
#[cfg(feature = "cuda-nvrtc")]
mod cuda_on_cpu;
mod dataset_command;
#[cfg(unix)]
mod deploy;
mod devices;
mod devices_command;
mod end_to_end;
mod evaluate_command;
mod export_command;
mod finetune_command;
mod finetune_folds;
mod flags;
mod launching;
mod layouts;
mod loss_curve;
#[cfg(feature = "mpi")]
mod mpi;
mod network_options;
mod pages;
mod predict_command;
mod readme;
mod real_weights;
mod reliability;
mod report;
mod several_labels;
mod sixteen_bits;
mod support;
mod tensorboard;
mod tfrecord_command;
mod wardrobe;
mod weights_command;
mod zoo_command;
