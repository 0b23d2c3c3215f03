use std::fmt::Write as _;
use std::path::PathBuf;

/// Why data could not be loaded. Every message names the place and the remedy.
///
/// Damage to a shard, a record that does not follow the schema and a label outside the range stop
/// the epoch in any case; only an image that does not decode can be skipped
/// ([`OnBadImage`](crate::OnBadImage)).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The data folder does not exist or is no folder.
    #[error("there is no folder {}: check the path of the data folder", path.display())]
    FolderMissing {
        /// The folder that was asked for.
        path: PathBuf,
    },

    /// No shard of the split was found.
    #[error(
        "no {prefix} shards in {}: looked for {prefix}-00000-of-NNNNN there and in {prefix}/ below it, \
         found {found}. Name the folder that holds the TFRecord shards",
        path.display()
    )]
    NoShards {
        /// The data folder.
        path: PathBuf,
        /// First word of the shards' names, as `train`.
        prefix: String,
        /// What lies in the folder instead.
        found: String,
    },

    /// Shards of the split lie in two places, or belong to sets of different size.
    #[error("{} and {} are not of one set of shards: remove one of the sets", first.display(), second.display())]
    SeveralSets {
        /// A shard of one set.
        first: PathBuf,
        /// A shard of another.
        second: PathBuf,
    },

    /// The set says how many shards it has, and some are not there.
    #[error("{missing} of {total} shards are missing, the first is {}: copy the whole set", path.display())]
    ShardMissing {
        /// Where the first missing shard should be.
        path: PathBuf,
        /// How many are missing.
        missing: usize,
        /// How many the set has.
        total: usize,
    },

    /// The operating system refused a file or folder.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },

    /// A shard is damaged, truncated or unreadable; the cause names path, record, byte offset and
    /// remedy.
    #[error(transparent)]
    Shard(#[from] tfrecord_codec::Error),

    /// A record is intact, but not an image in the expected schema; the cause names path, record and
    /// byte offset.
    #[error(
        "{source}. The records need the keys {image} (bytes) and {label} (int64): convert the images \
         again"
    )]
    Record {
        /// What is wrong with the record.
        #[source]
        source: tfrecord_codec::Error,
        /// The key of the image.
        image: &'static str,
        /// The key of the label.
        label: &'static str,
    },

    /// An image that is in a tar or Parquet file cannot be taken from it.
    #[error("{place}: {problem}")]
    Sample {
        /// The file, and the place in it.
        place: String,
        /// What is wrong, and what to do.
        problem: String,
    },

    /// A label is not one of the classes.
    #[error(
        "{}: record {record} at byte {offset}: label {label} is outside {first}..={last}. Set the \
         number of classes, or the label offset (1 where class 0 is the background, as in ImageNet; \
         0 otherwise)",
        path.display()
    )]
    Label {
        /// The shard.
        path: PathBuf,
        /// Record number in the shard, from 0.
        record: usize,
        /// Byte offset of the record in the shard.
        offset: u64,
        /// The label in the record.
        label: i64,
        /// Smallest label allowed.
        first: i64,
        /// Largest label allowed.
        last: i64,
    },

    /// An image does not decode or cannot be transformed, and the loader was told to stop then.
    #[error("{name}: {reason}. Replace the image, or let the loader skip bad images")]
    Image {
        /// File name and place of the image.
        name: String,
        /// What is wrong with it.
        reason: String,
    },

    /// More images are bad than the loader was told to skip.
    #[error(
        "more than {max} bad images in this epoch, the last is {name}: {reason}. Repair the data, or allow more"
    )]
    TooManyBadImages {
        /// How many were allowed.
        max: usize,
        /// File name and place of the image that was one too many.
        name: String,
        /// What is wrong with it.
        reason: String,
    },

    /// There is no image to load.
    #[error(
        "{source_name}: there is no image. Name a data set with images, such as the folder that holds the \
         class folders"
    )]
    Empty {
        /// What the source says of itself.
        source_name: String,
    },

    /// Not even one full batch, and partial batches are dropped.
    #[error(
        "a batch of {batch_size} is larger than the data set of {len} images: choose a batch size of \
         at most {len} (--batch-size)"
    )]
    BatchTooLarge {
        /// Images per batch.
        batch_size: usize,
        /// Images in the data set.
        len: usize,
    },

    /// An option is outside its range.
    #[error("{option} must be {allowed}, not {given}")]
    Option {
        /// Name of the option.
        option: &'static str,
        /// What it may be.
        allowed: &'static str,
        /// What it was.
        given: String,
    },

    /// A saved position belongs to an epoch with other batches.
    #[error(
        "cannot go on from the saved position: {what} was {saved} and is {now}. Load the same images \
         with the same options, or start the epoch anew"
    )]
    State {
        /// What differs.
        what: &'static str,
        /// What it was.
        saved: String,
        /// What it is.
        now: String,
    },

    /// A loader thread panicked: a defect in this crate, the decoder or the source.
    #[error("a loader thread panicked at {name}: {message}. Please report this, with the image")]
    Panic {
        /// File name and place of the image, as far as known.
        name: String,
        /// The panic's message.
        message: String,
    },

    /// A thread could not be started.
    #[error("cannot start a loader thread: use fewer workers")]
    Thread(#[source] std::io::Error),
}

/// The first entries of a folder for an error message: `a, b/ and 12 more`, or `an empty folder`.
pub(crate) fn list_for_message(mut names: Vec<String>) -> String {
    const SHOWN: usize = 5;
    if names.is_empty() {
        return "an empty folder".to_owned();
    }
    names.sort();
    let mut text = names[..names.len().min(SHOWN)].join(", ");
    if names.len() > SHOWN {
        write!(text, " and {} more", names.len() - SHOWN).expect("a String takes any text");
    }
    text
}
