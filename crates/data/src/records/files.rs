use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tfrecord_codec::{Error, IndexedFile, RecordIndex};

use crate::error::DataError;

/// Files open at a time. ImageNet has 1024 training shards, and many systems allow a process 1024
/// open files in all.
const MAX_OPEN: usize = 512;

/// Threads that read the shards' record headers at the start: on a disk or a network these many
/// small reads are all waiting.
const OPENING_THREADS: usize = 16;

/// A set of shards whose records are numbered through.
#[derive(Debug)]
pub(super) struct ShardFiles {
    shards: Vec<Shard>,
    /// Number of the first record of each shard, and the number of all records at the end.
    starts: Vec<usize>,
    open: Mutex<OpenFiles>,
}

#[derive(Debug)]
struct Shard {
    path: PathBuf,
    index: RecordIndex,
}

/// The files that are open; the one opened first is closed first.
#[derive(Debug)]
struct OpenFiles {
    by_shard: Vec<Option<Arc<IndexedFile>>>,
    oldest_first: VecDeque<usize>,
}

/// Where a record is.
pub(super) struct Place<'a> {
    pub(super) path: &'a Path,
    pub(super) record: usize,
    pub(super) offset: u64,
}

impl ShardFiles {
    pub(super) fn open(paths: Vec<PathBuf>) -> Result<Self, DataError> {
        let indices = read_indices(&paths)?;
        let mut starts = vec![0];
        for index in &indices {
            starts.push(starts[starts.len() - 1] + index.len());
        }
        let shards: Vec<Shard> =
            std::iter::zip(paths, indices).map(|(path, index)| Shard { path, index }).collect();
        let by_shard = shards.iter().map(|_| None).collect();
        let open = Mutex::new(OpenFiles { by_shard, oldest_first: VecDeque::new() });
        Ok(Self { shards, starts, open })
    }

    /// Number of records in all shards.
    pub(super) fn len(&self) -> usize {
        self.starts[self.shards.len()]
    }

    pub(super) fn shards(&self) -> usize {
        self.shards.len()
    }

    /// The folder of the first shard.
    pub(super) fn folder(&self) -> &Path {
        self.shards[0].path.parent().unwrap_or(Path::new(""))
    }

    pub(super) fn read(&self, index: usize, record: &mut Vec<u8>) -> Result<(), Error> {
        let (shard, number) = self.locate(index);
        self.file(shard)?.read_record(number, record)
    }

    pub(super) fn place(&self, index: usize) -> Place<'_> {
        let (shard, record) = self.locate(index);
        let Shard { path, index } = &self.shards[shard];
        Place { path, record, offset: index.span(record).offset }
    }

    /// Shard, and record number in it.
    fn locate(&self, index: usize) -> (usize, usize) {
        let shard = self.starts.partition_point(|&start| start <= index) - 1;
        (shard, index - self.starts[shard])
    }

    /// The open file of a shard; opens it if need be.
    fn file(&self, shard: usize) -> Result<Arc<IndexedFile>, Error> {
        if let Some(file) = &self.lock().by_shard[shard] {
            return Ok(Arc::clone(file));
        }
        // Opened without the lock: on a network file system it takes a while. Two threads may open
        // the same file; then the second stays.
        let Shard { path, index } = &self.shards[shard];
        let file = Arc::new(IndexedFile::with_index(path, index.clone())?);
        self.lock().insert(shard, Arc::clone(&file));
        Ok(file)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, OpenFiles> {
        // The state is whole between any two statements that may panic.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenFiles {
    fn insert(&mut self, shard: usize, file: Arc<IndexedFile>) {
        if self.by_shard[shard].replace(file).is_none() {
            self.oldest_first.push_back(shard);
        }
        if self.oldest_first.len() > MAX_OPEN {
            let oldest = self.oldest_first.pop_front().expect("more than MAX_OPEN are open");
            // A thread that reads from it still holds it; it closes after that.
            self.by_shard[oldest] = None;
        }
    }
}

/// The index of each file, read by several threads; the error is that of the first bad file.
fn read_indices(paths: &[PathBuf]) -> Result<Vec<RecordIndex>, DataError> {
    let per_thread = paths.len().div_ceil(OPENING_THREADS).max(1);
    let read = |path: &PathBuf| Ok(IndexedFile::open(path)?.index().clone());
    std::thread::scope(|scope| {
        let threads: Vec<_> = paths
            .chunks(per_thread)
            .map(|paths| {
                scope.spawn(move || paths.iter().map(read).collect::<Result<Vec<_>, Error>>())
            })
            .collect();
        let mut indices = Vec::with_capacity(paths.len());
        for thread in threads {
            let read = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            indices.extend(read?);
        }
        Ok(indices)
    })
}
