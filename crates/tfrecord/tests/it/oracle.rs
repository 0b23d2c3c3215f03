//! prost, an independent reader and writer of protobuf, must agree on every message.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use prost::Message;
use serde_json::{Map, Value, json};
use tfrecord_codec::{Example, ExampleBuilder, SequenceExample};

use crate::describe::{self, float_bits};
use crate::support::OwnedValues;

#[derive(Clone, PartialEq, Message)]
struct ExampleMessage {
    #[prost(message, optional, tag = "1")]
    features: Option<Features>,
}

#[derive(Clone, PartialEq, Message)]
struct SequenceMessage {
    #[prost(message, optional, tag = "1")]
    context: Option<Features>,
    #[prost(message, optional, tag = "2")]
    feature_lists: Option<FeatureLists>,
}

#[derive(Clone, PartialEq, Message)]
struct FeatureLists {
    #[prost(btree_map = "string, message", tag = "1")]
    feature_list: BTreeMap<String, FeatureList>,
}

#[derive(Clone, PartialEq, Message)]
struct FeatureList {
    #[prost(message, repeated, tag = "1")]
    feature: Vec<Feature>,
}

#[derive(Clone, PartialEq, Message)]
struct Features {
    #[prost(btree_map = "string, message", tag = "1")]
    feature: BTreeMap<String, Feature>,
}

#[derive(Clone, PartialEq, Message)]
struct Feature {
    #[prost(oneof = "Kind", tags = "1, 2, 3")]
    kind: Option<Kind>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Kind {
    #[prost(message, tag = "1")]
    Bytes(BytesList),
    #[prost(message, tag = "2")]
    Float(FloatList),
    #[prost(message, tag = "3")]
    Int64(Int64List),
}

#[derive(Clone, PartialEq, Message)]
struct BytesList {
    #[prost(bytes = "vec", repeated, tag = "1")]
    value: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
struct FloatList {
    #[prost(float, repeated, tag = "1")]
    value: Vec<f32>,
}

#[derive(Clone, PartialEq, Message)]
struct Int64List {
    #[prost(int64, repeated, tag = "1")]
    value: Vec<i64>,
}

fn feature() -> impl Strategy<Value = Feature> {
    let bytes =
        vec(vec(any::<u8>(), 0..20), 0..4).prop_map(|value| Kind::Bytes(BytesList { value }));
    let floats = vec(any::<u32>().prop_map(f32::from_bits), 0..6)
        .prop_map(|value| Kind::Float(FloatList { value }));
    let ints = vec(any::<i64>(), 0..6).prop_map(|value| Kind::Int64(Int64List { value }));
    prop_oneof![bytes, floats, ints].prop_map(|kind| Feature { kind: Some(kind) })
}

fn features() -> impl Strategy<Value = Features> {
    btree_map(".{0,6}", feature(), 0..20).prop_map(|feature| Features { feature })
}

fn example() -> impl Strategy<Value = ExampleMessage> {
    features().prop_map(|features| ExampleMessage { features: Some(features) })
}

fn sequence() -> impl Strategy<Value = SequenceMessage> {
    let list = vec(feature(), 0..4).prop_map(|feature| FeatureList { feature });
    let lists = btree_map("[a-c]{0,2}", list, 0..5);
    (features(), lists).prop_map(|(context, feature_list)| SequenceMessage {
        context: Some(context),
        feature_lists: Some(FeatureLists { feature_list }),
    })
}

/// What is done to a message to make it odd or malformed.
#[derive(Clone, Debug)]
enum Mutation {
    Set(prop::sample::Index, u8),
    Flip(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
    Remove(prop::sample::Index),
    Cut(prop::sample::Index),
    /// A piece of the message once more, which makes repeated fields.
    Repeat(prop::sample::Index, prop::sample::Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        (at(), 0_u8..8).prop_map(|(at, bit)| Mutation::Flip(at, bit)),
        (at(), vec(any::<u8>(), 1..4)).prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        at().prop_map(Mutation::Remove),
        at().prop_map(Mutation::Cut),
        (at(), at()).prop_map(|(from, to)| Mutation::Repeat(from, to)),
    ]
}

fn mutate(bytes: &mut Vec<u8>, mutation: &Mutation) {
    if bytes.is_empty() {
        return;
    }
    let len = bytes.len();
    match mutation {
        Mutation::Set(at, byte) => bytes[at.index(len)] = *byte,
        Mutation::Flip(at, bit) => bytes[at.index(len)] ^= 1 << bit,
        Mutation::Insert(at, new) => drop(bytes.splice(at.index(len)..at.index(len), new.clone())),
        Mutation::Remove(at) => drop(bytes.remove(at.index(len))),
        Mutation::Cut(at) => bytes.truncate(at.index(len)),
        Mutation::Repeat(from, to) => {
            let (from, to) = (from.index(len), to.index(len));
            bytes.extend_from_within(from.min(to)..from.max(to));
        }
    }
}

fn show_features(features: Option<&Features>) -> Value {
    let features = features.into_iter().flat_map(|features| &features.feature);
    features.map(|(name, feature)| (name.clone(), show(feature))).collect::<Map<_, _>>().into()
}

fn show(feature: &Feature) -> Value {
    let hex = |bytes: &Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let (kind, values): (_, Vec<String>) = match &feature.kind {
        None => ("unset", vec![]),
        Some(Kind::Bytes(list)) => ("bytes_list", list.value.iter().map(hex).collect()),
        Some(Kind::Float(list)) => {
            ("float_list", list.value.iter().map(|value| float_bits(*value)).collect())
        }
        Some(Kind::Int64(list)) => {
            ("int64_list", list.value.iter().map(ToString::to_string).collect())
        }
    };
    json!({ "kind": kind, "values": values })
}

fn show_sequence(sequence: &SequenceMessage) -> Value {
    let lists = sequence.feature_lists.iter().flat_map(|lists| &lists.feature_list);
    let lists =
        lists.map(|(name, list)| (name.clone(), list.feature.iter().map(show).collect::<Value>()));
    json!({
        "context": show_features(sequence.context.as_ref()),
        "lists": lists.collect::<Map<_, _>>(),
    })
}

/// Both readers refuse, or both read the same.
fn agree_on_example(bytes: &[u8]) {
    match (Example::parse(bytes), ExampleMessage::decode(bytes)) {
        (Ok(ours), Ok(theirs)) => {
            assert_eq!(describe::example(&ours), show_features(theirs.features.as_ref()));
        }
        (Err(_), Err(_)) => {}
        (ours, theirs) => panic!("{bytes:02x?}: we say {ours:?}, prost says {theirs:?}"),
    }
}

fn agree_on_sequence(bytes: &[u8]) {
    match (SequenceExample::parse(bytes), SequenceMessage::decode(bytes)) {
        (Ok(ours), Ok(theirs)) => {
            assert_eq!(describe::sequence(&ours), show_sequence(&theirs));
        }
        (Err(_), Err(_)) => {}
        (ours, theirs) => panic!("{bytes:02x?}: we say {ours:?}, prost says {theirs:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn what_prost_writes_we_read(message in example()) {
        agree_on_example(&message.encode_to_vec());
    }

    #[test]
    fn what_we_build_prost_reads(message in example()) {
        let bytes = message.encode_to_vec();
        let values = Example::parse(&bytes).expect("prost wrote it");
        let built = OwnedValues::of(&values).add_to(ExampleBuilder::new()).build();
        let read = ExampleMessage::decode(&built[..]).expect("well-formed");
        prop_assert_eq!(show_features(read.features.as_ref()), show_features(message.features.as_ref()));
    }

    #[test]
    fn sequences_that_prost_writes_we_read(message in sequence()) {
        agree_on_sequence(&message.encode_to_vec());
    }

    #[test]
    fn mutated_examples_are_read_alike(message in example(), mutations in vec(mutation(), 1..5)) {
        let mut bytes = message.encode_to_vec();
        mutations.iter().for_each(|mutation| mutate(&mut bytes, mutation));
        agree_on_example(&bytes);
    }

    #[test]
    fn mutated_sequences_are_read_alike(message in sequence(), mutations in vec(mutation(), 1..5)) {
        let mut bytes = message.encode_to_vec();
        mutations.iter().for_each(|mutation| mutate(&mut bytes, mutation));
        agree_on_sequence(&bytes);
    }

    #[test]
    fn short_strings_of_bytes_are_read_alike(bytes in vec(prop_oneof![
        // Tags and short lengths, so that many of them get somewhere.
        8 => prop::sample::select(vec![0x0a_u8, 0x12, 0x1a, 0x08, 0x0d, 0, 1, 2, 3, 4, 5, 6, 0x0b, 0x0c]),
        1 => any::<u8>(),
    ], 0..40)) {
        agree_on_example(&bytes);
        agree_on_sequence(&bytes);
    }
}
