//! The device is waited for only where a report needs it.

use burn::tensor::Device;
use resnet_recipe::Totals;
use resnet_train::learner::{Learner, StepAt};
use resnet_train::loaders::train_loader;
use resnet_train::meter::Meter;

use crate::sample::{images, recipe};

#[test]
fn steps_between_two_reports_read_nothing_back() {
    for guarded in [false, true] {
        let (steps, reads) = reads_of_an_epoch(guarded);
        assert_eq!((steps.len(), reads), (4, 1), "one read for all steps");
        let good = |totals: &Totals| totals.examples == 4.0 && totals.cross_entropy.is_finite();
        assert!(steps.iter().all(good));
    }
}

/// The sums of every step, and how often the device was waited for.
fn reads_of_an_epoch(guarded: bool) -> (Vec<Totals>, u64) {
    let recipe = recipe();
    let loader = train_loader(images().train, &recipe, 1).expect("a loader");
    let mut learner = Learner::new(&recipe, &Device::flex()).expect("a network");
    let mut meter = Meter::default();
    for (step, batch) in (0..).zip(loader.epoch(0, 0)) {
        let (batch, at) = (batch.expect("a batch"), StepAt { step, lr: 0.01 });
        learner = if guarded {
            learner.step_if_finite(batch, at, &mut meter)
        } else {
            learner.step(batch, at, &mut meter)
        };
    }
    assert_eq!(meter.reads(), 0);
    let steps = meter.take();
    (steps, meter.reads())
}
