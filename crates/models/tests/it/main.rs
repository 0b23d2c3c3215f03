//! One binary for all tests of the crate: Burn is linked once.

mod formula;
mod init;
mod tensors;
mod torchvision;
mod zoo;
