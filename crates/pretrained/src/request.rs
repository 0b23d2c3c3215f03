//! What a person may ask for: a name, a file or an address.

use std::path::PathBuf;
use std::str::FromStr;

use crate::error::RequestError;
use crate::hash::{FULL, IN_NAME, in_name, is_hash};
use crate::table::{Published, by_name, published};

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
        /// `#sha256=…`, or in the name of the file as `-11ad3fa6`. A name that ends in a date or a number
        /// says nothing of the hash.
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
    type Err = RequestError;

    /// An address has `://`, a file has an ending of files with weights or is there; anything else is a
    /// name.
    fn from_str(text: &str) -> Result<Self, RequestError> {
        if text.contains("://") {
            return address(text);
        }
        let path = PathBuf::from(text);
        let endings = ["safetensors", "pth", "pt", "th", "bin"];
        let ending = path.extension().and_then(|ending| ending.to_str());
        if ending.is_some_and(|ending| endings.contains(&ending)) || path.is_file() {
            return Ok(Self::File(path));
        }
        Ok(Self::Name(by_name(text)?))
    }
}

fn address(text: &str) -> Result<Request, RequestError> {
    let (url, fragment) = text.split_once('#').unwrap_or((text, ""));
    let sha256 = match fragment.strip_prefix("sha256=").map(str::to_ascii_lowercase) {
        Some(given) if is_hash(&given) => Some(given),
        None if fragment.is_empty() => hash_in(url).map(str::to_owned),
        _ => {
            let (url, fragment) = (url.to_owned(), fragment.to_owned());
            return Err(RequestError::Fragment { url, fragment });
        }
    };
    Ok(Request::Url { url: url.to_owned(), sha256 })
}

/// The digits of the hash that the name of a file carries, if they are not likely a date, the number of a
/// step or a commit.
fn hash_in(url: &str) -> Option<&str> {
    let digits = in_name(name_in(url))?;
    let said = url.starts_with("https://download.pytorch.org/")
        || published().any(|weights| weights.url == url);
    let looks_so = [IN_NAME, FULL].contains(&digits.len())
        && digits.contains(|digit: char| digit.is_ascii_alphabetic());
    (said || looks_so).then_some(digits)
}

/// The last part of an address without what is asked of it.
pub(crate) fn name_in(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    match path.trim_end_matches('/').rsplit_once('/') {
        Some((_, name)) if !name.is_empty() && name != ".." => name,
        _ => "weights",
    }
}
