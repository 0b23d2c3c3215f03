//! Checkpoints that older versions wrote are read for ever; `tests/golden/checkpoints.py` says who wrote
//! which.

use std::path::{Path, PathBuf};

use resnet_train::checkpoint::{load, load_model};
use resnet_train::config;

fn golden(format: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/checkpoints/format-{format}"))
}

#[test]
fn format_2_is_read() {
    let saved = load(&golden(2)).expect("a whole checkpoint");
    assert_eq!((saved.position.step, saved.position.rollbacks), (3, 0));
    assert_eq!(saved.position.epoch_totals.examples, 192.0);
    assert_eq!(saved.position.images.expect("known images").counts(), [640, 300]);
    let first = |tensors: &resnet_models::tensors::TensorMap, key: &str| {
        tensors[key].iter::<f32>().next().expect("a value")
    };
    let state = saved.learner;
    assert_eq!(state.model["conv1.weight"].shape()[..], [16, 3, 3, 3]);
    assert_eq!(first(&state.model, "fc.bias"), -0.1153617);
    assert_eq!(first(&state.optimizer, "momentum_buffer/fc.bias"), -0.13078173);
    assert!(state.ema.is_empty());
    // The recipe of that time named its network by its number of layers.
    let network = config(&saved.recipe).expect("a network");
    assert_eq!((network.blocks, network.num_classes), (vec![1, 1, 1], 10));
    let (weights, recipe) = load_model(&golden(2)).expect("what inference needs");
    assert_eq!((weights, recipe), (state.model, saved.recipe));
}
