//! Reading a payload.

use std::io::Read;

use crate::Integrity;
use crate::buffered::Buffered;
use crate::compression::Decoder;
use crate::error::ErrorKind;
use crate::frame::{self, FOOTER_LEN};

/// Reads a payload of `length` bytes and its checksum, and verifies it. `record` holds the
/// payload afterwards, also if its checksum is wrong.
pub(super) fn read_body<R: Read>(
    source: &mut Buffered<Decoder<R>>,
    length: u64,
    integrity: Integrity,
    record: &mut Vec<u8>,
) -> Result<(), ErrorKind> {
    let needed = length.saturating_add(FOOTER_LEN as u64);
    let in_buffer = usize::try_from(needed).ok().and_then(|len| source.available().get(..len));
    if let Some(body) = in_buffer {
        record.clear();
        record.extend_from_slice(&body[..body.len() - FOOTER_LEN]);
        let (len, verdict) = (body.len(), frame::check_body(body, integrity).map(|_| ()));
        source.consume(len);
        return verdict;
    }
    read_long_body(source, needed, record)?;
    let verdict = frame::check_body(record, integrity).map(|_| ());
    record.truncate(record.len() - FOOTER_LEN);
    verdict
}

/// Fills `record` with `needed` bytes. It grows only as fast as bytes arrive, so that a header
/// that lies about its length cannot make it allocate much more than the input holds.
fn read_long_body<R: Read>(
    source: &mut Buffered<Decoder<R>>,
    needed: u64,
    record: &mut Vec<u8>,
) -> Result<(), ErrorKind> {
    const FIRST_STEP: usize = 1 << 20;
    let too_long = |_| ErrorKind::RecordTooLong { length: needed, limit: usize::MAX as u64 };
    let len = usize::try_from(needed).map_err(too_long)?;
    let mut filled = 0;
    while filled < len {
        // Bytes left from the previous record are overwritten, not cleared first.
        let step = len.min(record.capacity().max(filled.saturating_mul(2)).max(FIRST_STEP));
        record.resize(step, 0);
        let read = source.read_full(&mut record[filled..]);
        let count = read.map_err(|error| source.inner().explain(error))?;
        filled += count;
        if filled < step {
            return Err(frame::truncated_body(needed, filled as u64));
        }
    }
    Ok(())
}
