use std::path::{Path, PathBuf};
use std::sync::Arc;

use tfrecord_codec::{Error, IndexedFile, RecordIndex};

use crate::error::DataError;
use crate::numbering::Numbering;
use crate::open_files::{OpenFiles, look_at_all};

/// A set of shards whose records are numbered through.
#[derive(Debug)]
pub(super) struct ShardFiles {
    shards: Vec<Shard>,
    numbering: Numbering,
    open: OpenFiles<IndexedFile>,
}

#[derive(Debug)]
struct Shard {
    path: PathBuf,
    index: RecordIndex,
}

/// Where a record is.
pub(super) struct Place<'a> {
    pub(super) path: &'a Path,
    pub(super) record: usize,
    pub(super) offset: u64,
}

impl ShardFiles {
    pub(super) fn open(paths: Vec<PathBuf>) -> Result<Self, DataError> {
        let indices =
            look_at_all(&paths, |path| IndexedFile::open(path).map(|file| file.index().clone()))?;
        let numbering = Numbering::new(indices.iter().map(RecordIndex::len));
        let shards: Vec<Shard> =
            std::iter::zip(paths, indices).map(|(path, index)| Shard { path, index }).collect();
        let open = OpenFiles::new(shards.len());
        Ok(Self { shards, numbering, open })
    }

    /// Number of records in all shards.
    pub(super) fn len(&self) -> usize {
        self.numbering.len()
    }

    pub(super) fn shards(&self) -> usize {
        self.shards.len()
    }

    /// The folder of the first shard.
    pub(super) fn folder(&self) -> &Path {
        self.shards[0].path.parent().unwrap_or(Path::new(""))
    }

    pub(super) fn read(&self, index: usize, record: &mut Vec<u8>) -> Result<(), Error> {
        let (shard, number) = self.numbering.locate(index);
        self.file(shard)?.read_record(number, record)
    }

    pub(super) fn place(&self, index: usize) -> Place<'_> {
        let (shard, record) = self.numbering.locate(index);
        let Shard { path, index } = &self.shards[shard];
        Place { path, record, offset: index.span(record).offset }
    }

    fn file(&self, shard: usize) -> Result<Arc<IndexedFile>, Error> {
        let Shard { path, index } = &self.shards[shard];
        self.open.get(shard, || IndexedFile::with_index(path, index.clone()))
    }
}
