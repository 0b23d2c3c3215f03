//! The epochs of a run, as they went by.

use resnet_recipe::{EpochReport, RunEvent, Sink, SinkError};

/// Keeps every epoch of a run and passes all events on.
pub(crate) struct History<'a> {
    pub(crate) epochs: Vec<EpochReport>,
    next: &'a mut dyn Sink,
}

impl<'a> History<'a> {
    pub(crate) fn before(next: &'a mut dyn Sink) -> Self {
        Self { epochs: Vec::new(), next }
    }
}

impl Sink for History<'_> {
    fn record(&mut self, event: &RunEvent<'_>) -> Result<(), SinkError> {
        if let RunEvent::Epoch(report) = event {
            self.epochs.push(report.clone());
        }
        self.next.record(event)
    }
}
