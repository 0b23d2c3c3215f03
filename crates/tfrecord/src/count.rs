//! Counting the records of many files at once.

use std::fs::File;
use std::io::Read;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::frame::HEADER_LEN;
use crate::{Compression, Error, Integrity, Limits, ReaderOptions, RecordIndex, Result};

/// The number of records in each file, in the order of `paths`, counted by up to `threads`
/// threads. Of uncompressed files only the headers are read; compressed ones are unpacked.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let shards = [dir.path().join("a"), dir.path().join("b")];
/// # for (shard, records) in shards.iter().zip(1..) {
/// #     let mut writer = tfrecord_codec::RecordWriter::create(shard)?;
/// #     (0..records).try_for_each(|_| writer.write(b"record"))?;
/// #     writer.finish()?;
/// # }
/// let threads = std::thread::available_parallelism()?;
/// let counts = tfrecord_codec::count_records(&shards, threads)?;
/// assert_eq!(counts, [1, 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// That of the first file, in the order of `paths`, that cannot be counted.
pub fn count_records<P>(paths: &[P], threads: NonZeroUsize) -> Result<Vec<u64>>
where
    P: AsRef<Path> + Sync,
{
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::with_capacity(paths.len()));
    thread::scope(|scope| {
        for _ in 0..threads.get().min(paths.len()) {
            scope.spawn(|| {
                while let Some((n, path)) = take(&next, paths) {
                    let count = count_one(path.as_ref());
                    // No code under the lock can panic, so it is never poisoned.
                    results.lock().expect("no panic under the lock").push((n, count));
                }
            });
        }
    });
    let mut results = results.into_inner().expect("no panic under the lock");
    // Threads finish in any order; the answer and the reported error must not depend on it.
    results.sort_unstable_by_key(|(n, _)| *n);
    results.into_iter().map(|(_, count)| count).collect()
}

fn take<'p, P>(next: &AtomicUsize, paths: &'p [P]) -> Option<(usize, &'p P)> {
    let n = next.fetch_add(1, Ordering::Relaxed);
    paths.get(n).map(|path| (n, path))
}

fn count_one(path: &Path) -> Result<u64> {
    let mut start = Vec::with_capacity(HEADER_LEN);
    let peek =
        File::open(path).and_then(|file| file.take(HEADER_LEN as u64).read_to_end(&mut start));
    peek.map_err(|error| Error::from(error).with_path(path))?;
    match Compression::detect(&start) {
        Compression::None => Ok(RecordIndex::build_with(path, Limits::default())?.len() as u64),
        packed => count_packed(path, packed),
    }
}

fn count_packed(path: &Path, compression: Compression) -> Result<u64> {
    let options = ReaderOptions::new().integrity(Integrity::LengthOnly).compression(compression);
    let mut reader = options.open(path)?;
    let mut record = Vec::new();
    while reader.read_into(&mut record)? {}
    Ok(reader.record_number())
}
