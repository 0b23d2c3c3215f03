//! What `resnet-jpeg` promises to its users, through its public API only.

#![allow(clippy::unwrap_used, reason = "a helper that cannot do its work fails its test")]

mod corpora;
mod damage;
mod pixels;
mod properties;
mod regressions;
mod reuse;
mod support;
