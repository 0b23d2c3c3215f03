//! What an index remembers of its file, to notice that it changed.

use std::fs::Metadata;
use std::time::UNIX_EPOCH;

use crate::error::ErrorKind;
use crate::{Error, Result};

/// Length and modification time of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) len: u64,
    /// Nanoseconds since 1970, negative before.
    pub(crate) modified: i64,
}

impl Stamp {
    pub(crate) fn of(metadata: &Metadata) -> Result<Self> {
        let modified = match metadata.modified()?.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |n| -n),
        };
        Ok(Self { len: metadata.len(), modified })
    }

    pub(crate) fn verify(&self, metadata: &Metadata) -> Result<()> {
        Self::of(metadata)?.verify_same(self)
    }

    /// Checks that a file which is now like `self` is as it was `indexed`.
    pub(crate) fn verify_same(&self, indexed: &Self) -> Result<()> {
        let (now, then) = (self, indexed);
        let problem = if now.len != then.len {
            format!("the file has {} bytes now and had {} when indexed", now.len, then.len)
        } else if now.modified != then.modified {
            "the file was modified after it was indexed".to_owned()
        } else {
            return Ok(());
        };
        Err(Error::new(ErrorKind::IndexStale(problem)))
    }
}
