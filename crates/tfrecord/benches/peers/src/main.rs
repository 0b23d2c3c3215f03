//! Reads or writes one file with this crate or with the `tfrecord` crate and prints the time as
//! JSON. `peers.py` runs it beside the readers of other languages.

use std::env;
use std::path::Path;
use std::time::Instant;

use tfrecord::{BytesIter, BytesWriter, RecordReaderConfig};
use tfrecord_codec::{RecordReader, RecordWriter, slice};

type Error = Box<dyn std::error::Error>;

fn main() -> Result<(), Error> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let start = Instant::now();
    let (records, bytes) = match arguments[..] {
        ["read", "ours", path] => read_ours(path.as_ref())?,
        ["read", "ours-vec", path] => read_ours_vec(path.as_ref())?,
        ["read", "ours-slice", path] => return read_ours_slice(path.as_ref()),
        ["read", "tfrecord", path] => read_tfrecord(path.as_ref())?,
        ["write", who, path, len, count] => {
            write(who, path.as_ref(), len.parse()?, count.parse()?)?
        }
        _ => return Err(
            "read ours|ours-vec|ours-slice|tfrecord FILE, or write ours|tfrecord FILE LEN COUNT"
                .into(),
        ),
    };
    report(start, records, bytes);
    Ok(())
}

fn report(start: Instant, records: u64, bytes: u64) {
    let seconds = start.elapsed().as_secs_f64();
    println!(r#"{{"seconds": {seconds}, "records": {records}, "bytes": {bytes}}}"#);
}

/// One buffer for all records.
fn read_ours(path: &Path) -> Result<(u64, u64), Error> {
    let (mut reader, mut record, mut bytes) = (RecordReader::open(path)?, Vec::new(), 0);
    while reader.read_into(&mut record)? {
        bytes += record.len() as u64;
    }
    Ok((reader.record_number(), bytes))
}

/// A vector for each record, as the `tfrecord` crate makes them.
fn read_ours_vec(path: &Path) -> Result<(u64, u64), Error> {
    let (mut reader, mut bytes) = (RecordReader::open(path)?, 0);
    for record in reader.records() {
        bytes += record?.len() as u64;
    }
    Ok((reader.record_number(), bytes))
}

/// Of a file that is in memory already; only the reading is timed.
fn read_ours_slice(path: &Path) -> Result<(), Error> {
    let file = std::fs::read(path)?;
    let (start, mut records, mut bytes) = (Instant::now(), 0, 0);
    for record in slice::records(&file) {
        bytes += record?.len() as u64;
        records += 1;
    }
    report(start, records, bytes);
    Ok(())
}

fn read_tfrecord(path: &Path) -> Result<(u64, u64), Error> {
    let (mut records, mut bytes) = (0, 0);
    for record in BytesIter::open(path, RecordReaderConfig { check_integrity: true })? {
        bytes += record?.len() as u64;
        records += 1;
    }
    Ok((records, bytes))
}

fn write(who: &str, path: &Path, len: usize, count: u64) -> Result<(u64, u64), Error> {
    let payload: Vec<u8> = (0..len).map(|n| ((n * 31) >> 3) as u8).collect();
    if who == "tfrecord" {
        let mut writer = BytesWriter::create(path)?;
        for _ in 0..count {
            // Its interface takes the vector.
            writer.send(payload.clone())?;
        }
        writer.flush()?;
    } else {
        let mut writer = RecordWriter::create(path)?;
        for _ in 0..count {
            writer.write(&payload)?;
        }
        writer.finish()?;
    }
    Ok((count, count * len as u64))
}
