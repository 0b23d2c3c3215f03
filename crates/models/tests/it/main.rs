//! One binary for all tests of the crate: Burn is linked once.

mod drops;
mod families;
mod formula;
mod init;
mod tensors;
mod torchvision;
mod transfer;
mod zoo;
