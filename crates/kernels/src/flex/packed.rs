//! Weights of networks in inference, which are packed once.
//!
//! A tensor's memory never changes while anybody else knows of it: an operation in place moves it first. So
//! packed weights are good for as long as the memory is there that they were packed from.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use burn::backend::flex::FlexTensor;
use burn::tensor::Bytes;

use super::values::slice;
use crate::cpu::convolution::Packed;
use crate::cpu::geometry::Geometry;
use crate::cpu::weights::Weights;
use crate::cpu::winograd;
use crate::profile::span;

/// Packed weights, and what of.
struct Kept {
    memory: Weak<Bytes>,
    start: usize,
    geometry: Key,
    weights: Arc<Packed>,
}

static KEPT: Mutex<Vec<Kept>> = Mutex::new(Vec::new());

fn with<T>(work: impl FnOnce(&mut Vec<Kept>) -> T) -> T {
    work(&mut KEPT.lock().unwrap_or_else(PoisonError::into_inner))
}

/// What of a geometry the order depends on, and whether it is Winograd's.
type Key = ([usize; 5], bool);

fn key(geometry: &Geometry) -> Key {
    let [kh, kw] = geometry.kernel;
    let width = Weights::width(geometry);
    let sizes = [geometry.groups, geometry.out_channels, geometry.in_channels, kh * kw, width];
    (sizes, winograd::pays(geometry, geometry.output))
}

/// Packs the weights of one forward pass.
pub(super) fn once(geometry: &Geometry, weight: &FlexTensor) -> Packed {
    pack(geometry, || Packed::once(geometry, slice(&weight.to_contiguous())))
}

fn pack(geometry: &Geometry, pack: impl FnOnce() -> Packed) -> Packed {
    span("convolution, packing of weights", || (geometry.describe().0, 0.0), pack)
}

/// The packed weights of a forward pass, from an earlier one if `weight` is the same.
pub(super) fn kept(geometry: &Geometry, weight: &FlexTensor) -> Arc<Packed> {
    // Another order of the same numbers is made anew each time: the memory alone does not tell it.
    if !weight.is_contiguous() {
        return Arc::new(once(geometry, weight));
    }
    let (memory, start) = (Arc::downgrade(&weight.data_arc()), weight.layout().start_offset());
    let geometry_key = key(geometry);
    let is_same = |kept: &&Kept| {
        kept.memory.ptr_eq(&memory) && (kept.start, kept.geometry) == (start, geometry_key)
    };
    let known = with(|all| all.iter().find(is_same).map(|kept| Arc::clone(&kept.weights)));
    if let Some(weights) = known {
        return weights;
    }
    let weights = Arc::new(pack(geometry, || Packed::kept(geometry, slice(weight))));
    let kept = Kept { memory, start, geometry: geometry_key, weights: Arc::clone(&weights) };
    forget_old();
    with(|all| all.push(kept));
    weights
}

/// Frees the packed weights of tensors that are no more.
pub(super) fn forget_old() {
    with(|all| all.retain(|kept| kept.memory.strong_count() > 0));
}
