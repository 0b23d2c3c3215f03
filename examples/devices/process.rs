//! Another process of this program, its answers as lines of JSON, and a limit to its time.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use resnet::training::device::explain;
use serde_json::Value;

use crate::ending;

/// How to start this program again.
pub(crate) struct Invocation {
    pub(crate) arguments: Vec<String>,
    /// Name of the set of autotune's results that it uses, instead of the user's.
    pub(crate) cache: Option<String>,
}

/// What a process left behind.
pub(crate) struct Finished {
    /// What it said, also before it failed.
    pub(crate) lines: Vec<Value>,
    /// Why it failed, if it did.
    pub(crate) failure: Option<String>,
    pub(crate) seconds: f64,
}

impl Finished {
    /// What it said, or why it failed.
    pub(crate) fn answer(self) -> Result<Vec<Value>, String> {
        match self.failure {
            Some(reason) => Err(reason),
            None => Ok(self.lines),
        }
    }
}

/// Runs this program with other arguments until it ends or `limit` has passed.
pub(crate) fn lines(invocation: &Invocation, limit: Duration) -> Result<Finished> {
    let mut command = Command::new(std::env::current_exe().context("where this program lies")?);
    command.args(&invocation.arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    if let Some(name) = &invocation.cache {
        command.env("CUBECL_ENVIRONMENT", name);
    }
    let started = Instant::now();
    let mut child = command.spawn().context("cannot start another process of this program")?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let answers = thread::spawn(move || stdout.map(parse).unwrap_or_default());
    let complaints = thread::spawn(move || stderr.map(text).unwrap_or_default());
    let status = wait(&mut child, limit)?;
    let (lines, said) = (answers.join().unwrap_or_default(), complaints.join().unwrap_or_default());
    let failure = failure(status, &said, limit);
    Ok(Finished { lines, failure, seconds: started.elapsed().as_secs_f64() })
}

fn parse(stdout: impl Read) -> Vec<Value> {
    let lines = BufReader::new(stdout).lines().map_while(Result::ok);
    lines.filter_map(|line| serde_json::from_str(&line).ok()).collect()
}

fn text(mut stderr: impl Read) -> String {
    let mut bytes = Vec::new();
    // What came before an error is as good as all of it.
    stderr.read_to_end(&mut bytes).ok();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The exit status, or none for a process that had to be ended.
fn wait(child: &mut Child, limit: Duration) -> Result<Option<ExitStatus>> {
    let started = Instant::now();
    while started.elapsed() < limit {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        thread::sleep(Duration::from_millis(20));
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}

fn failure(status: Option<ExitStatus>, said: &str, limit: Duration) -> Option<String> {
    match status {
        None => Some(format!("no answer in {} s: ended", limit.as_secs())),
        Some(status) if status.success() => None,
        Some(status) => Some(ours(status, said).unwrap_or_else(|| {
            format!("{} ({status}; it said: {})", explain(said), first_words(said))
        })),
    }
}

/// Errors of ours are sentences already, and the last that is said; drivers may have complained before.
fn ours(status: ExitStatus, said: &str) -> Option<String> {
    let last = said.lines().last().filter(|_| status.code() == Some(ending::FAILED.into()))?;
    last.strip_prefix("error: ").map(str::to_owned)
}

/// Where a panic names its reason: the first lines.
fn first_words(said: &str) -> String {
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(300).collect()
}
