//! How far looking at the images has come, on standard error.

use std::io::{IsTerminal, stderr};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Between two lines where there is no terminal.
const INTERVAL: Duration = Duration::from_secs(10);

/// A bar on a terminal, a line now and then elsewhere.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// Without a terminal: when the last line was written.
    last: Option<Mutex<Instant>>,
}

impl Progress {
    pub(crate) fn new(images: usize) -> Self {
        let style = "{bar:30} {pos}/{len} images  {per_sec}  {eta} left";
        let style = ProgressStyle::with_template(style).expect("the template is valid");
        let terminal = stderr().is_terminal();
        let bar = if terminal { ProgressBar::no_length() } else { ProgressBar::hidden() };
        bar.set_length(images as u64);
        let last = (!terminal).then(|| Mutex::new(Instant::now()));
        Self { bar: bar.with_style(style), last }
    }

    pub(crate) fn image(&self) {
        self.bar.inc(1);
        let Some(Ok(mut last)) = self.last.as_ref().map(Mutex::try_lock) else { return };
        if last.elapsed() >= INTERVAL {
            *last = Instant::now();
            let (done, all) = (self.bar.position(), self.bar.length().unwrap_or(0));
            eprintln!("{done}/{all} images  {:.0} images/s", self.bar.per_sec());
        }
    }

    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
