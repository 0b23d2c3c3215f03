//! Reading any record of an uncompressed file by its number.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::error::ErrorKind;
use crate::frame::{self, FOOTER_LEN, HEADER_LEN};
use crate::index::Stamp;
use crate::positioned::Positioned;
use crate::{Error, Integrity, Limits, RecordIndex, RecordSpan, Result};

/// An uncompressed file and its index: record `n` in any order, from many threads at once.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let shard = dir.path().join("train-00000-of-00001");
/// use tfrecord_codec::{IndexedFile, RecordWriter};
///
/// let mut writer = RecordWriter::create(&shard)?;
/// for n in 0..10_u8 {
///     writer.write(&[n])?;
/// }
/// writer.finish()?;
///
/// let file = IndexedFile::open(&shard)?;
/// std::thread::scope(|scope| {
///     for n in 0..file.len() {
///         let file = &file;
///         scope.spawn(move || {
///             let mut record = Vec::new();
///             file.read_record(n, &mut record).expect("the file is whole");
///             assert_eq!(record, [n as u8]);
///         });
///     }
/// });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct IndexedFile {
    file: Positioned,
    index: RecordIndex,
    path: PathBuf,
}

impl IndexedFile {
    /// Opens a file. The index beside it ([`RecordIndex::path_for`]) is used if it is whole and
    /// fresh; otherwise one is built in memory, which reads the headers. Nothing is written.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let shard = dir.path().join("shard");
    /// # let mut writer = tfrecord_codec::RecordWriter::create(&shard)?;
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # writer.finish()?;
    /// use tfrecord_codec::IndexedFile;
    ///
    /// let (file, mut record) = (IndexedFile::open(&shard)?, Vec::new()); // "one" and "three"
    /// file.read_record(1, &mut record)?;
    /// assert_eq!(record, b"three");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be opened, or those of [`RecordIndex::build`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(path, Limits::default())
    }

    /// Like [`open`](Self::open), with other limits.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let shard = dir.path().join("shard");
    /// # let mut writer = tfrecord_codec::RecordWriter::create(&shard)?;
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # writer.finish()?;
    /// use tfrecord_codec::{IndexedFile, Limits};
    ///
    /// // A shard of the records "one" and "three".
    /// assert_eq!(IndexedFile::open_with(&shard, Limits::none())?.len(), 2);
    /// assert!(IndexedFile::open_with(&shard, Limits::default().max_record_len(4)).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn open_with(path: impl AsRef<Path>, limits: Limits) -> Result<Self> {
        let path = path.as_ref();
        let open = || {
            let file = File::open(path)?;
            let stamp = Stamp::of(&file.metadata()?)?;
            match RecordIndex::load_fresh(&RecordIndex::path_for(path), &stamp) {
                Ok(index) => index.check(&limits).map(|()| (index, Positioned::new(file))),
                Err(_) => RecordIndex::of_file(file, limits),
            }
        };
        let (index, file) = open().map_err(|error| error.with_path(path))?;
        Ok(Self { file, index, path: path.to_path_buf() })
    }

    /// Opens a file with an index that was made before. Records may be as long as it says.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let shard = dir.path().join("shard");
    /// # let mut writer = tfrecord_codec::RecordWriter::create(&shard)?;
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # writer.finish()?;
    /// use tfrecord_codec::{IndexedFile, RecordIndex};
    ///
    /// let index = RecordIndex::build(&shard)?;
    /// assert_eq!(IndexedFile::with_index(&shard, index.clone())?.len(), index.len());
    /// std::fs::write(&shard, b"")?;
    /// assert!(IndexedFile::with_index(&shard, index).is_err()); // it is stale
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be opened, or [`ErrorKind::IndexStale`] if it has changed since.
    pub fn with_index(path: impl AsRef<Path>, index: RecordIndex) -> Result<Self> {
        let path = path.as_ref();
        let open = || {
            let file = File::open(path)?;
            index.stamp().verify(&file.metadata()?)?;
            Ok(Positioned::new(file))
        };
        let file = open().map_err(|error: Error| error.with_path(path))?;
        Ok(Self { file, index, path: path.to_path_buf() })
    }

    /// The number of records.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let shard = dir.path().join("shard");
    /// # let mut writer = tfrecord_codec::RecordWriter::create(&shard)?;
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # writer.finish()?;
    /// assert_eq!(tfrecord_codec::IndexedFile::open(&shard)?.len(), 2); // a shard of two records
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// True if the file has no records.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let shard = dir.path().join("shard");
    /// std::fs::write(&shard, b"")?;
    /// assert!(tfrecord_codec::IndexedFile::open(&shard)?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// The file's path as it was given.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let shard = dir.path().join("shard");
    /// # let mut writer = tfrecord_codec::RecordWriter::create(&shard)?;
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # writer.finish()?;
    /// assert_eq!(tfrecord_codec::IndexedFile::open(&shard)?.path(), shard);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The index.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let shard = dir.path().join("shard");
    /// # let mut writer = tfrecord_codec::RecordWriter::create(&shard)?;
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # writer.finish()?;
    /// let file = tfrecord_codec::IndexedFile::open(&shard)?; // "one" and "three"
    /// assert_eq!(file.index().span(1).length, 5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn index(&self) -> &RecordIndex {
        &self.index
    }

    /// Reads record `n`, counted from 0, into `record`, whose old content is replaced. Both
    /// checksums are verified. It allocates only if `record` has to grow.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let shard = dir.path().join("shard");
    /// # let mut writer = tfrecord_codec::RecordWriter::create(&shard)?;
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # writer.finish()?;
    /// use tfrecord_codec::{ErrorKind, IndexedFile};
    ///
    /// let (file, mut record) = (IndexedFile::open(&shard)?, Vec::new()); // "one" and "three"
    /// file.read_record(0, &mut record)?;
    /// assert_eq!(record, b"one");
    /// let error = file.read_record(2, &mut record).expect_err("there are two");
    /// assert!(matches!(error.kind(), ErrorKind::NoSuchRecord { wanted: 2, len: 2 }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If there is no such record, reading fails or the record is damaged. The content of
    /// `record` is unspecified then.
    pub fn read_record(&self, n: usize, record: &mut Vec<u8>) -> Result<()> {
        let Some(span) = self.index.get(n) else {
            let kind = ErrorKind::NoSuchRecord { wanted: n, len: self.len() };
            return Err(Error::new(kind).with_path(&self.path));
        };
        let read = self.read_span(span, record);
        read.map_err(|error| error.with_record(n as u64, span.offset).with_path(&self.path))
    }

    fn read_span(&self, span: RecordSpan, record: &mut Vec<u8>) -> Result<()> {
        // Two reads, because one would put the header in front of the payload.
        let mut header = [0; HEADER_LEN];
        self.file.read_exact_at(&mut header, span.offset)?;
        if frame::checked_length(&header)? != span.length {
            let problem = "the record's length has changed".to_owned();
            return Err(ErrorKind::IndexStale(problem).into());
        }
        record.resize(span.body_len()?, 0);
        self.file.read_exact_at(record, span.payload_offset())?;
        frame::check_body(record, Integrity::Full)?;
        record.truncate(record.len() - FOOTER_LEN);
        Ok(())
    }
}
