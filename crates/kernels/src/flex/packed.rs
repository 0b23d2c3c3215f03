//! Weights of networks in inference, which are packed once.
//!
//! A tensor's memory never changes while anybody else knows of it: an operation in place moves it first. So
//! packed weights are good for as long as the memory is there that they were packed from.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use burn::backend::flex::FlexTensor;
use burn::tensor::Bytes;

use super::values::slice;
use crate::cpu::geometry::Geometry;
use crate::cpu::weights::Weights;
use crate::profile::span;

/// Packed weights, and what of.
struct Packed {
    memory: Weak<Bytes>,
    start: usize,
    geometry: [usize; 5],
    weights: Arc<Weights>,
}

static PACKED: Mutex<Vec<Packed>> = Mutex::new(Vec::new());

fn with<T>(work: impl FnOnce(&mut Vec<Packed>) -> T) -> T {
    work(&mut PACKED.lock().unwrap_or_else(PoisonError::into_inner))
}

/// What of a geometry the order depends on.
fn key(geometry: &Geometry) -> [usize; 5] {
    let [kh, kw] = geometry.kernel;
    let width = Weights::width(geometry);
    [geometry.groups, geometry.out_channels, geometry.in_channels, kh * kw, width]
}

/// Packs the weights of a forward pass.
pub(super) fn pack(geometry: &Geometry, weight: &FlexTensor) -> Weights {
    span(
        "convolution, packing of weights",
        || (geometry.describe().0, 0.0),
        || Weights::forward(geometry, slice(&weight.to_contiguous())),
    )
}

/// The packed weights of a forward pass, from an earlier one if `weight` is the same.
pub(super) fn kept(geometry: &Geometry, weight: &FlexTensor) -> Arc<Weights> {
    // Another order of the same numbers is made anew each time: the memory alone does not tell it.
    if !weight.is_contiguous() {
        return Arc::new(pack(geometry, weight));
    }
    let (memory, start) = (Arc::downgrade(&weight.data_arc()), weight.layout().start_offset());
    let geometry_key = key(geometry);
    let is_same = |packed: &&Packed| {
        packed.memory.ptr_eq(&memory) && (packed.start, packed.geometry) == (start, geometry_key)
    };
    let known = with(|all| all.iter().find(is_same).map(|packed| Arc::clone(&packed.weights)));
    if let Some(weights) = known {
        return weights;
    }
    let weights = Arc::new(pack(geometry, weight));
    let packed = Packed { memory, start, geometry: geometry_key, weights: Arc::clone(&weights) };
    forget_old();
    with(|all| all.push(packed));
    weights
}

/// Frees the packed weights of tensors that are no more.
pub(super) fn forget_old() {
    with(|all| all.retain(|packed| packed.memory.strong_count() > 0));
}
