//! One binary for all tests of the crate: Burn is linked once.

mod damaged_weights;
mod drops;
mod families;
mod formula;
mod grad_cam;
mod init;
mod input;
mod onnx;
mod support;
mod tensors;
mod torchvision;
mod transfer;
mod weights;
mod zoo;
