//! What happens when the system or a person asks the program to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use resnet::StopHandle;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::ending;

/// The run was stopped by a signal and is saved; the same command goes on. The number is
/// `EX_TEMPFAIL` of sysexits.h: try again later.
pub(crate) const SAVED: u8 = 75;
/// A second Ctrl-C ended the program at once: 128 and the number of SIGINT, as shells count.
const AT_ONCE: i32 = 130;

/// Turns SIGTERM, SIGINT (Ctrl-C) and, where it exists, SIGUSR1 into a request to stop.
pub(crate) struct Signals {
    received: Arc<AtomicUsize>,
}

impl Signals {
    /// A signal sets `stop` from now on; a SIGINT that finds it set ends the program.
    pub(crate) fn install(stop: &StopHandle) -> Result<Self> {
        let received = Arc::default();
        // First, so that it sees the flag of an earlier signal and not the one of its own.
        flag::register_conditional_shutdown(SIGINT, AT_ONCE, stop.flag())
            .context("cannot handle signals")?;
        for signal in signals() {
            let number = usize::try_from(signal)?;
            flag::register_usize(signal, Arc::clone(&received), number)
                .and_then(|_| flag::register(signal, stop.flag()))
                .context("cannot handle signals")?;
        }
        Ok(Self { received })
    }

    /// The name of the signal that stopped the run.
    pub(crate) fn name(&self) -> &'static str {
        let number = self.received.load(Ordering::SeqCst);
        let is = |signal: i32| usize::try_from(signal).is_ok_and(|signal| signal == number);
        if is(SIGTERM) {
            "SIGTERM"
        } else if is(SIGINT) {
            "SIGINT"
        } else {
            "SIGUSR1"
        }
    }
}

/// The exit code of a run that ended without an error.
pub(crate) fn exit_code(stopped: bool) -> u8 {
    if stopped { SAVED } else { ending::DONE }
}

#[cfg(unix)]
fn signals() -> [i32; 3] {
    [SIGTERM, SIGINT, signal_hook::consts::SIGUSR1]
}

#[cfg(not(unix))]
fn signals() -> [i32; 2] {
    [SIGTERM, SIGINT]
}
