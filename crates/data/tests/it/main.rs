//! What `resnet-data` promises to its users, through its public API only.

#![allow(clippy::unwrap_used, reason = "a helper that cannot do its work fails its test")]

mod bad_images;
mod decode;
mod draws;
mod epochs;
mod records;
mod sample;
mod shards;
mod stopping;
mod support;
mod transforms;
