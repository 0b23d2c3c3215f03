//! Getting a file that is not in the cache, going on where an earlier try broke off.

mod part;

use std::fs;
use std::path::Path;
use std::time::Duration;

use resnet_files::FileLock;
use ureq::Agent;

use crate::cache::{Cache, Found};
use crate::error::PretrainedError;
use crate::request::Request;
use part::Part;

const WRITE: &str = "write the weights";
const LOCK: &str = "lock the weights for this process";
const CONNECT: Duration = Duration::from_secs(30);
const ANSWER: Duration = Duration::from_secs(60);
/// After that a connection counts as broken, and the next one goes on.
const BODY: Duration = Duration::from_secs(3600);

/// How far a download is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Another process gets the same file; this one waits until it ends.
    Waiting,
    /// The file is coming.
    Received {
        /// Bytes that are here.
        bytes: u64,
        /// Bytes of the whole file, where the server says so.
        total: Option<u64>,
    },
}

/// What happens when a connection breaks off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// Further tries in a row that bring nothing, before it is given up.
    pub count: u32,
    /// Pause before the first of them; each one is twice as long.
    pub pause: Duration,
}

impl Default for Retries {
    /// Five, after 1, 2, 4, 8 and 16 seconds.
    fn default() -> Self {
        Self { count: 5, pause: Duration::from_secs(1) }
    }
}

impl Cache {
    /// The file of `request`, got from its address if it is not here yet.
    ///
    /// What came of an earlier try, also of another process, is continued if the hash of the file is
    /// known; the file appears under its name only when it is whole and its hash is right. While another
    /// process gets it, this one waits.
    ///
    /// # Errors
    /// [`PretrainedError`]: those of [`find`](Self::find), and [`PretrainedError::Download`] if the server
    /// cannot be reached, refuses, or breaks off too often.
    pub fn fetch(
        &self,
        request: &Request,
        retries: Retries,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Found, PretrainedError> {
        let (url, path) = match self.find(request) {
            Err(PretrainedError::Absent { url, path }) => (url, path),
            other => return other,
        };
        let lock = lock(&path, progress)?;
        match self.find(request) {
            Err(PretrainedError::Absent { .. }) => {}
            Ok(meanwhile) => {
                lock.remove();
                return Ok(meanwhile);
            }
            failed => return failed,
        }
        let mut part = Part::open(&path)?;
        if request.sha256().is_none() {
            part.restart().map_err(|source| part.failed(WRITE, source))?;
        }
        let agent = agent();
        part.complete(&agent, &url, &path, retries, progress)?;
        let found = part.finish(request, path)?;
        lock.remove();
        Ok(found)
    }
}

/// A file beside the weights, which the process holds that gets them. This waits for whoever that is.
fn lock(weights: &Path, progress: &mut dyn FnMut(Progress)) -> Result<FileLock, PretrainedError> {
    let path = weights.with_added_extension("lock");
    let failed = |action| {
        let path = path.clone();
        move |source| PretrainedError::Io { path, action, source }
    };
    let folder = weights.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder).map_err(failed("make the folder of the weights"))?;
    FileLock::wait_for(&path, || progress(Progress::Waiting)).map_err(failed(LOCK))
}

fn agent() -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(ANSWER))
        .timeout_recv_body(Some(BODY))
        .build();
    Agent::new_with_config(config)
}
