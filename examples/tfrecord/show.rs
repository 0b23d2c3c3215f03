//! An example for people and for programs.

use serde_json::{Map, Value, json};
use tfrecord_codec::{Example, Feature};

/// Values that are shown of a list, and bytes of a string.
const SHOWN: usize = 8;

/// One line for each feature.
pub(crate) fn text(example: &Example<'_>) -> String {
    let width = example.keys().map(str::len).max().unwrap_or(0);
    let line = |(name, value): (&str, &Feature<'_>)| {
        format!("    {name:width$}  {:10}  {}", value.kind().to_string(), values(value))
    };
    example.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Name, type and values of each feature; byte strings in full only where they are short text.
pub(crate) fn json(example: &Example<'_>) -> Value {
    let feature = |(name, value): (&str, &Feature<'_>)| {
        let bytes = value.bytes_list().into_iter().flatten().map(|bytes| json!(short(bytes)));
        let floats = value.float_list().into_iter().flatten().map(float);
        let ints = value.int64_list().into_iter().flatten().map(|value| json!(value));
        let values: Vec<_> = bytes.chain(floats).chain(ints).collect();
        (name.to_owned(), json!({ "kind": value.kind().to_string(), "values": values }))
    };
    example.iter().map(feature).collect::<Map<_, _>>().into()
}

fn values(feature: &Feature<'_>) -> String {
    let bytes = feature.bytes_list().into_iter().flatten().map(short);
    let floats = feature.float_list().into_iter().flatten().map(|value| value.to_string());
    let ints = feature.int64_list().into_iter().flatten().map(|value| value.to_string());
    let mut shown: Vec<_> = bytes.chain(floats).chain(ints).take(SHOWN).collect();
    if feature.len() > SHOWN {
        shown.push(format!("… {} values", feature.len()));
    }
    shown.join(", ")
}

/// Text as it is, anything else as its length and first bytes.
pub(crate) fn short(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.len() <= 80 && !text.contains(char::is_control) => format!("{text:?}"),
        _ => {
            let start: String =
                bytes.iter().take(SHOWN).map(|byte| format!("{byte:02x}")).collect();
            format!("{} bytes {start}…", bytes.len())
        }
    }
}

/// JSON has no number that is not finite.
fn float(value: f32) -> Value {
    if value.is_finite() { json!(value) } else { json!(value.to_string()) }
}
