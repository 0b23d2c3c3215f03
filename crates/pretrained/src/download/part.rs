//! What has come of a file, and the connections that bring the rest.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;

use ureq::http::{Response, header};
use ureq::{Agent, Body};

use super::{Progress, Retries, WRITE};
use crate::cache::{Found, compared};
use crate::error::PretrainedError;
use crate::hash::of_file;
use crate::request::Request;

const READ: &str = "read the weights";

/// The file as far as it came.
pub(super) struct Part {
    path: PathBuf,
    file: File,
    received: u64,
}

/// Why one connection did not bring the rest.
struct Broken {
    reason: String,
    /// Whether another try may help.
    passing: bool,
}

impl Part {
    pub(super) fn open(weights: &Path) -> Result<Self, PretrainedError> {
        let path = weights.with_added_extension("part");
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let opened = file.and_then(|file| Ok((file.metadata()?.len(), file)));
        match opened {
            Ok((received, file)) => Ok(Self { path, file, received }),
            Err(source) => Err(PretrainedError::Io { path, action: WRITE, source }),
        }
    }

    pub(super) fn failed(&self, action: &'static str, source: io::Error) -> PretrainedError {
        PretrainedError::Io { path: self.path.clone(), action, source }
    }

    /// Gets the rest of the file, over several connections if one breaks off.
    pub(super) fn complete(
        &mut self,
        agent: &Agent,
        url: &str,
        path: &Path,
        retries: Retries,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), PretrainedError> {
        let mut tries = 0;
        loop {
            let before = self.received;
            let Err(broken) = self.connect(agent, url, progress) else { return Ok(()) };
            tries = if self.received > before { 0 } else { tries + 1 };
            if !broken.passing || tries > retries.count {
                let (url, received) = (url.to_owned(), self.received);
                let path = path.to_owned();
                return Err(PretrainedError::Download {
                    url,
                    reason: broken.reason,
                    received,
                    path,
                });
            }
            thread::sleep(retries.pause.saturating_mul(1 << tries.saturating_sub(1).min(16)));
        }
    }

    /// One connection: asks for the rest and appends what comes.
    fn connect(
        &mut self,
        agent: &Agent,
        url: &str,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), Broken> {
        let range = format!("bytes={}-", self.received);
        let mut call = agent.get(url);
        if self.received > 0 {
            call = call.header(header::RANGE, range);
        }
        let response = call.call().map_err(|error| Broken::passing(error.to_string()))?;
        match response.status().as_u16() {
            200 => self.restart().map_err(|error| Broken::lasting(error.to_string()))?,
            206 if first_byte(&response) == Some(self.received) => {}
            // What is here is already all there is, or not of this file.
            416 if whole_length(&response) == Some(self.received) => return Ok(()),
            206 | 416 => {
                self.restart().map_err(|error| Broken::lasting(error.to_string()))?;
                return Err(Broken::passing("the server did not continue where it broke off"));
            }
            status @ (408 | 429 | 500..) => {
                return Err(Broken::passing(format!("the server answers {status}")));
            }
            status => return Err(Broken::lasting(format!("the server answers {status}"))),
        }
        self.receive(response, progress)
    }

    fn receive(
        &mut self,
        response: Response<Body>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), Broken> {
        let rest: Option<u64> = number(&response, header::CONTENT_LENGTH.as_str());
        let total = rest.map(|rest| self.received + rest);
        let mut body = response.into_body().into_reader();
        let mut buffer = vec![0; 1 << 16];
        loop {
            progress(Progress::Received { bytes: self.received, total });
            match body.read(&mut buffer).map_err(|error| Broken::passing(error.to_string()))? {
                0 => break,
                read => {
                    self.file
                        .write_all(&buffer[..read])
                        .map_err(|error| Broken::lasting(error.to_string()))?;
                    self.received += read as u64;
                }
            }
        }
        match total {
            Some(total) if self.received < total => {
                Err(Broken::passing(format!("{} of {total} bytes came", self.received)))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn restart(&mut self) -> io::Result<()> {
        self.received = 0;
        self.file.set_len(0)
    }

    /// Gives the whole file its name, if it is what was asked for.
    pub(super) fn finish(self, request: &Request, path: PathBuf) -> Result<Found, PretrainedError> {
        self.file.sync_all().map_err(|source| self.failed(WRITE, source))?;
        let sha256 = of_file(&self.path).map_err(|source| self.failed(READ, source))?;
        let found = compared(request, self.path.clone(), sha256)?;
        fs::rename(&self.path, &path)
            .map_err(|source| self.failed("rename the weights", source))?;
        Ok(Found { path, ..found })
    }
}

impl Broken {
    fn passing(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), passing: true }
    }

    fn lasting(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), passing: false }
    }
}

fn number(response: &Response<Body>, name: &str) -> Option<u64> {
    response.headers().get(name)?.to_str().ok()?.parse().ok()
}

/// Where a part of a file begins: `bytes 200-999/1000`.
fn first_byte(response: &Response<Body>) -> Option<u64> {
    let (range, _) = content_range(response)?;
    range.split_once('-')?.0.parse().ok()
}

/// How long the file is of which nothing is left: `bytes */1000`.
fn whole_length(response: &Response<Body>) -> Option<u64> {
    content_range(response)?.1.parse().ok()
}

fn content_range(response: &Response<Body>) -> Option<(&str, &str)> {
    let text = response.headers().get(header::CONTENT_RANGE)?.to_str().ok()?;
    text.strip_prefix("bytes ")?.split_once('/')
}
