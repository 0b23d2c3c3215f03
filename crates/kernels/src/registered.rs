//! Which nodes of the graph have a gradient that the kernels registered and nobody has consumed yet.
//!
//! Where a network branches, two gradients meet. Burn adds the second to the first in a pass of its own,
//! and a [`Gradients`](burn::backend::autodiff::grads::Gradients) does not tell whether there is a first.
//! A kernel that knows can take it out and add its own results where they arise.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use burn::backend::autodiff::NodeId;

/// So many nodes are remembered; those whose gradients go to operations of Burn are never taken off.
const MOST: usize = 1 << 16;

static NODES: Mutex<Option<HashSet<u64>>> = Mutex::new(None);

fn with<T>(work: impl FnOnce(&mut HashSet<u64>) -> T) -> T {
    let mut nodes = NODES.lock().unwrap_or_else(PoisonError::into_inner);
    work(nodes.get_or_insert_default())
}

/// A gradient of `node` was registered.
pub(crate) fn note(node: NodeId) {
    with(|nodes| {
        // What is forgotten is added by Burn.
        if nodes.len() >= MOST {
            nodes.clear();
        }
        nodes.insert(node.value);
    });
}

/// Whether a gradient of `node` was registered; afterwards it counts as consumed.
pub(crate) fn forget(node: NodeId) -> bool {
    with(|nodes| nodes.remove(&node.value))
}
