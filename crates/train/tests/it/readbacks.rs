//! The device is waited for only where a report needs it.

use burn::tensor::Device;
use resnet_train::learner::{Learner, StepAt};
use resnet_train::loaders::train_loader;
use resnet_train::meter::Meter;

use crate::sample::{images, recipe};

#[test]
fn steps_between_two_reports_read_nothing_back() {
    let recipe = recipe();
    let loader = train_loader(images().train, &recipe, 1).expect("a loader");
    let mut learner = Learner::new(&recipe, &Device::flex()).expect("a network");
    let mut meter = Meter::default();
    for (step, batch) in (0..).zip(loader.epoch(0, 0)) {
        let at = StepAt { step, lr: 0.01 };
        learner = learner.step(batch.expect("a batch"), at, &mut meter);
    }
    assert_eq!(meter.reads(), 0);
    let steps = meter.take();
    assert_eq!((steps.len(), meter.reads()), (4, 1), "one read for all steps");
    assert!(steps.iter().all(|totals| totals.examples == 4.0 && totals.cross_entropy.is_finite()));
}
