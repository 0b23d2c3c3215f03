//! Whoever of several ranks is asked to stop, all of them stop.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use resnet_distributed::threads;
use resnet_recipe::{Fanout, RunEvent, Sink, SinkError};
use resnet_train::run::{Outcome, RunOptions, train};
use resnet_train::stopping::{Ending, StopHandle};

use crate::ranks::{folder, train_resnet};
use crate::sample::{Heard, ReadBy, cpu, files, images, recipe};

#[test]
fn whoever_is_asked_to_stop_stops_all_in_the_same_step() {
    let folder = folder();
    let outcomes = threads::run(threads::worlds(3), |world| {
        let (stop, mut heard) = (StopHandle::default(), Heard::default());
        heard.stop_at = (world.rank() == 2).then(|| (1, stop.clone()));
        let mut recipe = recipe();
        recipe.train.batch_size = 3;
        let options = RunOptions { world, stop, workers: 1, ..RunOptions::new(folder.path()) };
        train(&recipe, &images(), &RunOptions { log_every: 1, ..options }, &cpu(), &mut heard)
    });
    let outcomes = outcomes.expect("all stop");
    assert!(
        outcomes.iter().all(|outcome| outcome.ending == Ending::Requested && outcome.steps == 2)
    );
    assert!(outcomes[0].checkpoint.is_some() && outcomes[1].checkpoint.is_none());
}

/// When the last rank is asked to stop, after the steps of an epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Asked {
    BeforeTheEvaluation,
    WithinIt,
    AfterIt,
}

/// Asks in time.
struct Asking {
    at: Asked,
    stop: StopHandle,
    /// The evaluation begins: whoever reads its images asks.
    evaluates: Arc<AtomicBool>,
}

impl Sink for Asking {
    fn record(&mut self, event: &RunEvent<'_>) -> Result<(), SinkError> {
        match (event, self.at) {
            (RunEvent::Step(report), Asked::WithinIt) if report.step == 4 => {
                self.evaluates.store(true, Ordering::SeqCst);
            }
            (RunEvent::Step(report), Asked::BeforeTheEvaluation) if report.step == 4 => {
                self.stop.request();
            }
            (RunEvent::Epoch(_), Asked::AfterIt) => self.stop.request(),
            _ => {}
        }
        Ok(())
    }
}

/// A run of so many ranks, the last of which is asked to stop.
fn asked_to_stop(ranks: usize, at: Asked, folder: &Path) -> Outcome {
    let outcomes = threads::run(threads::worlds(ranks), |world| {
        let (stop, evaluates) = (StopHandle::default(), Arc::<AtomicBool>::default());
        let (mut images, mut quiet) = (images(), Fanout::default());
        let mut asking = Asking { at, stop: stop.clone(), evaluates: evaluates.clone() };
        let is_last = world.rank() + 1 == ranks;
        if is_last {
            let stop = stop.clone();
            images.validation = ReadBy::new(images.validation, move |images, index, record| {
                if evaluates.load(Ordering::SeqCst) {
                    stop.request();
                }
                images.read(index, record)
            });
        }
        let sink: &mut dyn Sink = if is_last { &mut asking } else { &mut quiet };
        let options = RunOptions { world, stop, workers: 1, ..RunOptions::new(folder) };
        train(&recipe(), &images, &options, &cpu(), sink)
    });
    let outcomes = outcomes.expect("all stop");
    assert!(outcomes.iter().all(|outcome| outcome.ending == Ending::Requested), "{at:?}");
    outcomes.into_iter().next().expect("a chief")
}

#[test]
fn a_request_to_stop_is_heard_around_and_within_an_evaluation() {
    let undisturbed = folder();
    let end = train_resnet(2, &RunOptions::new(undisturbed.path()), &recipe()).expect("trains");
    let end = files(&end.checkpoint.expect("one"));
    for at in [Asked::BeforeTheEvaluation, Asked::WithinIt, Asked::AfterIt] {
        for ranks in [1, 2] {
            let folder = folder();
            let outcome = asked_to_stop(ranks, at, folder.path());
            assert_eq!(outcome.steps, 4, "{at:?}, {ranks} ranks");
            assert_eq!(outcome.last.is_some(), at == Asked::AfterIt, "{at:?}, {ranks} ranks");
            if ranks == 2 {
                let rest = train_resnet(2, &RunOptions::new(folder.path()), &recipe());
                let rest = rest.expect("goes on").checkpoint.expect("one");
                assert!(files(&rest) == end, "{at:?}: the end is another");
            }
        }
    }
}
