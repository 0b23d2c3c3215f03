//! What one record costs: reading, by number, in place; writing; parsing and building examples.
//!
//!     cargo bench -p tfrecord-codec
//!
//! The comparison with other readers on files of 1 GB is in `peers/`.

use std::hint::black_box;
use std::io::Write;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tempfile::NamedTempFile;
use tfrecord_codec::{
    Example, ExampleBuilder, IndexedFile, Integrity, ReaderOptions, RecordIndex, RecordReader,
    RecordWriter, frame, slice,
};

/// Payload lengths: an ImageNet photograph with its labels, and a row of a table.
const SHAPES: [(&str, usize, usize); 2] = [("110kB", 110_000, 600), ("200B", 200, 300_000)];

fn payload(len: usize) -> Vec<u8> {
    (0..len).map(|n| ((n * 31) >> 3) as u8).collect()
}

fn file(len: usize, records: usize) -> NamedTempFile {
    let file = NamedTempFile::new().expect("a temporary file");
    let mut writer = RecordWriter::new(file);
    let payload = payload(len);
    (0..records).try_for_each(|_| writer.write(&payload)).expect("room");
    writer.finish().expect("room")
}

fn read_all(path: &Path, options: ReaderOptions) -> u64 {
    let (mut reader, mut record) = (options.open(path).expect("there"), Vec::new());
    while reader.read_into(&mut record).expect("whole") {
        black_box(&record);
    }
    reader.record_number()
}

fn reading(c: &mut Criterion) {
    for (name, len, records) in SHAPES {
        let file = file(len, records);
        let bytes = std::fs::read(file.path()).expect("there");
        let mut group = c.benchmark_group(format!("read/{name}"));
        group.throughput(Throughput::Bytes(bytes.len() as u64)).sample_size(20);
        group.bench_function("file", |b| b.iter(|| read_all(file.path(), ReaderOptions::new())));
        let options = ReaderOptions::new().integrity(Integrity::LengthOnly);
        group.bench_function("file, length only", |b| b.iter(|| read_all(file.path(), options)));
        group.bench_function("file, a vector each", |b| {
            b.iter(|| RecordReader::open(file.path()).expect("there").records().count());
        });
        group.bench_function("slice", |b| b.iter(|| slice::records(&bytes).count()));
        let indexed = IndexedFile::open(file.path()).expect("whole");
        let mut record = Vec::new();
        group.bench_function("by number", |b| {
            b.iter(|| {
                for n in (0..indexed.len()).rev() {
                    indexed.read_record(n, &mut record).expect("whole");
                }
            });
        });
        group.bench_function("index", |b| {
            b.iter(|| RecordIndex::build(file.path()).expect("whole"));
        });
        group.finish();
    }
}

fn writing(c: &mut Criterion) {
    for (name, len, records) in SHAPES {
        let payload = payload(len);
        let mut group = c.benchmark_group(format!("write/{name}"));
        let bytes = (records * (len + frame::OVERHEAD)) as u64;
        group.throughput(Throughput::Bytes(bytes)).sample_size(20);
        let write = |sink: &mut dyn Write| {
            let mut writer = RecordWriter::new(sink);
            (0..records).try_for_each(|_| writer.write(&payload)).expect("room");
            writer.flush().expect("room");
        };
        group.bench_function("nowhere", |b| b.iter(|| write(&mut std::io::sink())));
        let file = NamedTempFile::new().expect("a temporary file");
        group.bench_function("file", |b| {
            b.iter(|| write(&mut std::fs::File::create(file.path()).expect("there")));
        });
        group.finish();
    }
}

/// An example of the ImageNet schema.
fn imagenet(image: &[u8]) -> ExampleBuilder<'_> {
    ExampleBuilder::new()
        .bytes("image/encoded", image)
        .bytes("image/format", b"JPEG")
        .bytes("image/colorspace", b"RGB")
        .bytes("image/filename", b"n02085620_10074.JPEG")
        .bytes("image/class/synset", b"n02085620")
        .bytes("image/class/text", b"Chihuahua")
        .int64("image/class/label", 152)
        .int64("image/height", 375)
        .int64("image/width", 500)
        .int64("image/channels", 3)
        .float_list("image/object/bbox/xmin", &[0.25])
}

fn examples(c: &mut Criterion) {
    let image = payload(110_000);
    let record = imagenet(&image).build();
    c.bench_function("example/parse", |b| {
        b.iter(|| Example::parse(black_box(&record)).expect("whole"));
    });
    c.bench_function("example/parse and take image and label", |b| {
        b.iter(|| {
            let example = Example::parse(black_box(&record)).expect("whole");
            let image = example.bytes("image/encoded").expect("there").len();
            (image, example.int64("image/class/label").expect("there"))
        });
    });
    let mut out = Vec::new();
    c.bench_function("example/build", |b| b.iter(|| imagenet(&image).build_into(&mut out)));
    let small = imagenet(&image[..100]);
    c.bench_function("example/build without image", |b| {
        b.iter(|| small.clone().build_into(&mut out));
    });
}

criterion_group!(benches, reading, writing, examples);
criterion_main!(benches);
