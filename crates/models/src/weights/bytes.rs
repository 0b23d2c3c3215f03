//! Bytes of a file in order, with the place of what is wrong.

/// What keeps a file from being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Bad {
    /// What is wrong, and the byte where that shows.
    Format { at: usize, reason: String },
    /// It would have Python call this.
    Code(String),
}

pub(super) fn bad<T>(at: usize, reason: impl Into<String>) -> Result<T, Bad> {
    Err(Bad::Format { at, reason: reason.into() })
}

#[derive(Debug, Clone)]
pub(super) struct Bytes<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Bytes<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Bad> {
        let end = self.at.checked_add(count);
        match end.and_then(|end| self.bytes.get(self.at..end)) {
            Some(taken) => {
                self.at += count;
                Ok(taken)
            }
            None => bad(self.at, format!("the file ends within the next {count} bytes")),
        }
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Bad> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    /// A little-endian number of `N` bytes, at most eight.
    pub(super) fn number<const N: usize>(&mut self) -> Result<usize, Bad> {
        let mut wide = [0; 8];
        wide[..N].copy_from_slice(&self.array::<N>()?);
        let at = self.at;
        usize::try_from(u64::from_le_bytes(wide)).or_else(|_| bad(at, "a number is too large"))
    }

    /// Up to the end of the line, which is taken too.
    pub(super) fn line(&mut self) -> Result<String, Bad> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        match rest.iter().position(|&byte| byte == b'\n') {
            Some(length) => {
                let line = self.take(length)?;
                self.at += 1;
                Ok(String::from_utf8_lossy(line).into_owned())
            }
            None => bad(self.at, "a line without an end"),
        }
    }
}
