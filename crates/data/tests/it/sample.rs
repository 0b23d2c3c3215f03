//! The sample that comes with the repository.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use resnet_data::{Crop, ImageRecords, LabelRange, Loader, Split, Transform};

use crate::support::{batches, in_order};

/// Number of images of each class, after decoding all of them.
fn classes(split: Split) -> BTreeMap<u32, usize> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/fashion-mnist");
    let source = ImageRecords::open(&folder, split, LabelRange::imagenet(10)).unwrap();
    let whole = Transform::new(28, Crop::ResizeCenterCrop { resize: 28 });
    let loader = Loader::new(Arc::new(source), in_order(100, whole)).unwrap();
    let mut counts = BTreeMap::new();
    for batch in batches(&loader, 0, 0) {
        for (&label, &weight) in batch.labels.iter().zip(&batch.weights) {
            *counts.entry(label).or_default() += usize::from(weight == 1.0);
        }
    }
    counts
}

#[test]
fn every_image_of_the_bundled_sample_loads_and_classes_are_balanced() {
    assert_eq!(classes(Split::Train), (0..10).map(|class| (class, 256)).collect());
    assert_eq!(classes(Split::Validation), (0..10).map(|class| (class, 60)).collect());
}
