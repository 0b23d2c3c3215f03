//! What must hold for every input, whatever its bytes. The fuzz targets (`fuzz/targets`) look for
//! inputs for which it does not; `regressions` replays those that were found.

use std::io::Read;

use tfrecord_codec::events::Event;
use tfrecord_codec::frame::{self, HEADER_LEN};
use tfrecord_codec::{
    Compression, Example, ExampleBuilder, Feature, Limits, ReaderOptions, RecordIndex,
    RecordReader, SequenceExample, slice,
};

/// Long enough for every branch, short enough to be quick.
fn limits() -> Limits {
    Limits::default().max_record_len(1 << 16).max_decompressed_len(1 << 16)
}

/// Hands out a few bytes at a time.
struct Trickle<'a>(&'a [u8]);

impl Read for Trickle<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let wanted = out.len().min(7);
        self.0.read(&mut out[..wanted])
    }
}

/// Reading ends; an uncompressed file reads alike from a source of any pace and in place. With
/// its checksums made right, too: random bytes do not get past them.
pub(crate) fn frames(bytes: &[u8]) {
    frames_as_they_are(bytes);
    let mut healed = bytes.to_vec();
    heal(&mut healed);
    frames_as_they_are(&healed);
}

/// Puts the right checksums wherever these bytes have one. Long lengths are kept if they are odd
/// and made short if they are even.
fn heal(bytes: &mut [u8]) {
    let mut rest = bytes;
    while rest.len() >= HEADER_LEN {
        let (header, body) = rest.split_at_mut(HEADER_LEN);
        let length = u64::from_le_bytes(*header.first_chunk().expect("a header is longer"));
        let length = if length % 2 == 0 { length % 64 } else { length };
        header.copy_from_slice(&frame::header(length));
        let payload = usize::try_from(length)
            .ok()
            .filter(|len| len.checked_add(4).is_some_and(|end| end <= body.len()));
        let Some(payload) = payload else { return };
        let (payload, after) = body.split_at_mut(payload);
        let (footer, after) = after.split_at_mut(4);
        footer.copy_from_slice(&frame::footer(payload));
        rest = after;
    }
}

fn frames_as_they_are(bytes: &[u8]) {
    // A compressed file is for `compressed`, whose inputs are much slower.
    if Compression::detect(bytes) != Compression::None {
        return;
    }
    let whole = results(&mut options().read(bytes));
    assert_eq!(whole, results(&mut options().read(Trickle(bytes))));
    let in_place = slice::records(bytes).limits(limits());
    let in_place = in_place.map(|r| r.map(<[u8]>::to_vec).map_err(|error| error.to_string()));
    assert_eq!(whole, in_place.collect::<Vec<_>>());
}

/// Reading a compressed file ends.
pub(crate) fn compressed(bytes: &[u8]) {
    let whole = results(&mut options().read(bytes));
    let trickled = results(&mut options().read(Trickle(bytes)));
    // A decompressor that fails may keep what it has unpacked in the same call.
    let both = whole.iter().zip(&trickled).take_while(|(a, b)| a.is_ok() && b.is_ok());
    both.for_each(|(a, b)| assert_eq!(a, b));
}

fn options() -> ReaderOptions {
    // A small buffer, because filling it with zeros would be most of the work.
    ReaderOptions::new().limits(limits()).buffer_len(0)
}

fn results<R: Read>(reader: &mut RecordReader<R>) -> Vec<Result<Vec<u8>, String>> {
    reader.records().map(|record| record.map_err(|error| error.to_string())).collect()
}

/// A message that is read can be built again and reads the same.
pub(crate) fn example(bytes: &[u8]) {
    if let Ok(example) = Example::parse(bytes) {
        let lists: Vec<_> =
            example.iter().map(|(name, feature)| (name, Lists::of(feature))).collect();
        let built = lists.iter().fold(ExampleBuilder::new(), |b, (name, lists)| lists.add(b, name));
        let built = built.build();
        let again = Example::parse(&built).expect("just built");
        for (name, lists) in &lists {
            // A feature without a list is not written.
            assert_eq!(Some(lists), again.get(name).map(Lists::of).or(Some(Lists::None)).as_ref());
        }
    }
    if let Ok(sequence) = SequenceExample::parse(bytes) {
        let steps = sequence.iter().flat_map(|(_, steps)| steps);
        steps.for_each(|step| drop(Lists::of(step)));
    }
}

/// The values of a feature.
#[derive(Debug)]
enum Lists<'a> {
    None,
    Bytes(Vec<&'a [u8]>),
    Float(Vec<f32>),
    Int64(Vec<i64>),
}

impl PartialEq for Lists<'_> {
    /// Floats are equal if their bits are, so that NaN equals itself.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => true,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => {
                a.iter().map(|v| v.to_bits()).eq(b.iter().map(|v| v.to_bits()))
            }
            (Self::Int64(a), Self::Int64(b)) => a == b,
            _ => false,
        }
    }
}

impl<'a> Lists<'a> {
    fn of(feature: &Feature<'a>) -> Self {
        let lists = if let Some(list) = feature.bytes_list() {
            Self::Bytes(list.collect())
        } else if let Some(list) = feature.float_list() {
            Self::Float(list.collect())
        } else if let Some(list) = feature.int64_list() {
            Self::Int64(list.collect())
        } else {
            Self::None
        };
        assert_eq!(lists.len(), feature.len());
        lists
    }

    fn len(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Bytes(list) => list.len(),
            Self::Float(list) => list.len(),
            Self::Int64(list) => list.len(),
        }
    }

    fn add<'b>(&'b self, builder: ExampleBuilder<'b>, name: &'b str) -> ExampleBuilder<'b> {
        match self {
            Self::None => builder,
            Self::Bytes(list) => builder.bytes_list(name, list),
            Self::Float(list) => builder.float_list(name, list),
            Self::Int64(list) => builder.int64_list(name, list),
        }
    }
}

/// An index that loads has spans that lie back to back. With the right checksum, too.
pub(crate) fn index(bytes: &[u8]) {
    index_as_it_is(bytes);
    let checksum = frame::masked_crc32c(bytes).to_le_bytes();
    index_as_it_is(&[bytes, &checksum].concat());
}

fn index_as_it_is(bytes: &[u8]) {
    if let Ok(index) = RecordIndex::from_bytes(bytes) {
        let mut end = 0;
        for span in index.spans() {
            assert_eq!(span.offset, end);
            end = span.end();
        }
    }
}

/// An event that is read can be written and reads the same.
pub(crate) fn events(bytes: &[u8]) {
    if let Ok(event) = Event::parse(bytes) {
        let written = event.encode();
        let again = Event::parse(&written).expect("just written");
        // Compared as bytes, because NaN does not equal itself.
        assert_eq!(written, again.encode());
    }
}
