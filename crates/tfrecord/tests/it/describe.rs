//! Says what this crate reads in a file, in the JSON of `golden/describe.py`.

use std::path::Path;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tfrecord_codec::events::{Event, Summary, SummaryValue};
use tfrecord_codec::{Compression, Example, Feature, RecordReader, SequenceExample};

/// The entry of one file in a manifest.
pub(crate) fn file(path: &Path, content: Option<&str>) -> Value {
    let mut reader = RecordReader::open(path).expect("the file is there");
    let records: Vec<_> = reader.records().collect::<Result<_, _>>().expect("the file is whole");
    let name = path.file_name().and_then(|name| name.to_str()).expect("a plain name");
    let mut entry = json!({
        "file": name,
        "compression": reader.compression().to_string(),
        "records": records.iter().map(|record| self::record(record)).collect::<Vec<_>>(),
    });
    if let Some(content) = content {
        entry["content"] = json!(content);
        entry[content] = records.iter().map(|record| described(content, record)).collect();
    }
    entry
}

fn described(content: &str, record: &[u8]) -> Value {
    match content {
        "examples" => example(&Example::parse(record).expect("an example")),
        "sequences" => sequence(&SequenceExample::parse(record).expect("a sequence example")),
        "events" => event(&Event::parse(record).expect("an event")),
        other => panic!("the manifest has content {other}"),
    }
}

fn record(record: &[u8]) -> Value {
    json!({ "len": record.len(), "sha256": hex(&Sha256::digest(record)) })
}

pub(crate) fn example(example: &Example<'_>) -> Value {
    example
        .iter()
        .map(|(name, value)| (name.to_owned(), feature(value)))
        .collect::<Map<_, _>>()
        .into()
}

pub(crate) fn sequence(sequence: &SequenceExample<'_>) -> Value {
    let lists = sequence
        .iter()
        .map(|(name, steps)| (name.to_owned(), steps.iter().map(feature).collect::<Value>()));
    json!({ "context": example(sequence.context()), "lists": lists.collect::<Map<_, _>>() })
}

fn feature(feature: &Feature<'_>) -> Value {
    let bytes = feature.bytes_list().into_iter().flatten().map(hex);
    let floats = feature.float_list().into_iter().flatten().map(float_bits);
    let ints = feature.int64_list().into_iter().flatten().map(|value| value.to_string());
    let values: Vec<_> = bytes.chain(floats).chain(ints).collect();
    assert_eq!(values.len(), feature.len());
    json!({ "kind": feature.kind().to_string(), "values": values })
}

fn event(event: &Event) -> Value {
    json!({
        "wall_time": double_bits(event.wall_time),
        "step": event.step.to_string(),
        "file_version": event.file_version,
        "summaries": event.summaries.iter().map(summary).collect::<Vec<_>>(),
    })
}

fn summary(summary: &Summary) -> Value {
    let (kind, value) = match &summary.value {
        SummaryValue::Scalar(value) => ("scalar", json!(float_bits(*value))),
        SummaryValue::Image(image) => {
            ("image", json!([image.width, image.height, hex(&image.encoded)]))
        }
        SummaryValue::Histogram(h) => {
            let numbers = [h.min, h.max, h.num, h.sum, h.sum_squares].into_iter();
            let numbers = numbers.chain(h.limits.iter().copied()).chain(h.counts.iter().copied());
            ("histogram", numbers.map(double_bits).collect())
        }
        SummaryValue::Strings(strings) => ("strings", strings.iter().map(|s| hex(s)).collect()),
        _ => ("none", Value::Null),
    };
    let content = hex(&summary.plugin_content);
    let mut out =
        json!({ "tag": summary.tag, "plugin": summary.plugin, "content": content, "kind": kind });
    if kind != "none" {
        out["value"] = value;
    }
    out
}

pub(crate) fn float_bits(value: f32) -> String {
    format!("{:08x}", value.to_bits())
}

fn double_bits(value: f64) -> String {
    format!("{:016x}", value.to_bits())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The name of a compression in a manifest.
pub(crate) fn compression(name: &str) -> Compression {
    match name {
        "gzip" => Compression::Gzip,
        "zlib" => Compression::Zlib,
        _ => Compression::None,
    }
}
