//! What a person may ask for: a name, a file or an address.

use std::path::PathBuf;
use std::str::FromStr;

use crate::error::UnknownName;
use crate::hash::{in_name, is_hash};
use crate::table::{Published, by_name};

/// Weights that a person asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Published ones.
    Name(Published),
    /// A file on this machine.
    File(PathBuf),
    /// A file elsewhere.
    Url {
        /// Where.
        url: String,
        /// Its SHA-256 or the first digits of it, where they are known: given behind the address as
        /// `#sha256=…`, or in the name of the file as `-11ad3fa6`.
        sha256: Option<String>,
    },
}

impl Request {
    /// The name under which the file is kept in a cache; None for files that stay where they are.
    #[must_use]
    pub fn file_name(&self) -> Option<&str> {
        match self {
            Self::Name(published) => Some(published.file_name()),
            Self::File(_) => None,
            Self::Url { url, .. } => Some(name_in(url)),
        }
    }

    /// Where the file is, if that is elsewhere.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Name(published) => Some(published.url),
            Self::File(_) => None,
            Self::Url { url, .. } => Some(url),
        }
    }

    /// Digits that the SHA-256 of the file begins with, where they are known.
    #[must_use]
    pub fn sha256(&self) -> Option<&str> {
        match self {
            Self::Name(published) => Some(published.sha256()),
            Self::File(_) => None,
            Self::Url { sha256, .. } => sha256.as_deref(),
        }
    }
}

impl FromStr for Request {
    type Err = UnknownName;

    /// An address has `://`, a file has an ending of files with weights or is there; anything else is a
    /// name.
    fn from_str(text: &str) -> Result<Self, UnknownName> {
        if text.contains("://") {
            return Ok(address(text));
        }
        let path = PathBuf::from(text);
        let endings = ["safetensors", "pth", "pt", "th", "bin"];
        let ending = path.extension().and_then(|ending| ending.to_str());
        if ending.is_some_and(|ending| endings.contains(&ending)) || path.is_file() {
            return Ok(Self::File(path));
        }
        by_name(text).map(Self::Name)
    }
}

fn address(text: &str) -> Request {
    let (url, fragment) = text.split_once('#').unwrap_or((text, ""));
    let given = fragment.strip_prefix("sha256=").map(str::to_ascii_lowercase);
    let named = || in_name(name_in(url)).map(str::to_owned);
    Request::Url {
        url: url.to_owned(),
        sha256: given.filter(|given| is_hash(given)).or_else(named),
    }
}

/// The last part of an address without what is asked of it.
fn name_in(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    match path.trim_end_matches('/').rsplit_once('/') {
        Some((_, name)) if !name.is_empty() && name != ".." => name,
        _ => "weights",
    }
}
