//! What a run ran on.

use std::fs;
use std::thread;

/// This machine as facts for [`Block::Facts`](crate::Block::Facts): system, processor, threads. Asks
/// the operating system; leave it out where a report should not tell.
#[must_use]
pub fn machine() -> Vec<(String, String)> {
    let system = format!("{} on {}", std::env::consts::OS, std::env::consts::ARCH);
    let mut facts = vec![("System".to_owned(), system)];
    facts.extend(processor().map(|name| ("Processor".to_owned(), name)));
    if let Ok(threads) = thread::available_parallelism() {
        facts.push(("Threads".to_owned(), threads.to_string()));
    }
    facts
}

/// The processor's name, where Linux tells it.
fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
