//! A buffered source that can be peeked at and that reads long records past its buffer.

use std::io::{self, Read};

/// Like `BufReader`, with a fill that waits for a wanted number of bytes.
#[derive(Debug)]
pub(crate) struct Buffered<R> {
    inner: R,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    /// Bytes to ask for when the buffer is filled.
    fill: usize,
}

/// A page: the least that is read ahead.
const LEAST_FILL: usize = 1 << 12;

impl<R: Read> Buffered<R> {
    pub(crate) fn new(inner: R, capacity: usize) -> Self {
        let buffer = vec![0; capacity].into_boxed_slice();
        Self { inner, buffer, start: 0, end: 0, fill: capacity }
    }

    pub(crate) fn inner(&self) -> &R {
        &self.inner
    }

    /// What is read and not consumed.
    pub(crate) fn available(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    pub(crate) fn consume(&mut self, bytes: usize) {
        self.start += bytes;
        debug_assert!(self.start <= self.end);
    }

    /// Reads until at least `wanted` bytes are available (`wanted` must fit the buffer) or the
    /// input ends, and returns all that is available.
    pub(crate) fn fill_to(&mut self, wanted: usize) -> io::Result<&[u8]> {
        if self.end - self.start < wanted {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            while self.end < wanted {
                let until = self.buffer.len().min(self.end + self.fill.max(wanted));
                match read(&mut self.inner, &mut self.buffer[self.end..until])? {
                    0 => break,
                    count => self.end += count,
                }
            }
            self.fill = self.buffer.len().min(2 * self.fill);
        }
        Ok(self.available())
    }

    /// Fills `out`: first from the buffer, the rest straight from the source. Returns the bytes
    /// filled, which are fewer only if the input ends.
    pub(crate) fn read_full(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let buffered = out.len().min(self.end - self.start);
        out[..buffered].copy_from_slice(&self.available()[..buffered]);
        self.consume(buffered);
        let mut filled = buffered;
        if out.len() - filled >= self.buffer.len() / 2 {
            // What is read ahead of a long record is copied twice: look no further than its
            // header. The next fills grow again, should shorter records follow.
            self.fill = LEAST_FILL.min(self.buffer.len());
        }
        while filled < out.len() {
            match read(&mut self.inner, &mut out[filled..])? {
                0 => break,
                count => filled += count,
            }
        }
        Ok(filled)
    }

    /// The source and what was read ahead of it.
    pub(crate) fn into_parts(self) -> (R, Vec<u8>) {
        let ahead = self.available().to_vec();
        (self.inner, ahead)
    }
}

/// `Read::read` that does not stop at a signal.
fn read(inner: &mut impl Read, out: &mut [u8]) -> io::Result<usize> {
    loop {
        match inner.read(out) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}
