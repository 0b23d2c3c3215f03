use tfrecord_codec::{
    ExampleBuilder, FeatureKind, FeatureValues, Limits, SequenceExample, SequenceExampleBuilder,
};

#[test]
fn context_and_lists_come_back() {
    let record = SequenceExampleBuilder::new()
        .context(ExampleBuilder::new().bytes("id", b"x").int64("frames", 2))
        .list("b", [FeatureValues::Bytes(b"1"), FeatureValues::BytesList(&[])])
        .list("a", [])
        .list("b", [FeatureValues::Int64List(&[1, 2]), FeatureValues::Float(0.5)])
        .build();
    let sequence = SequenceExample::parse(&record).expect("just built");
    assert_eq!(sequence.context().bytes("id").expect("there"), b"x");
    assert_eq!(sequence.keys().collect::<Vec<_>>(), ["a", "b"]);
    let kinds: Vec<_> =
        sequence.list("b").expect("there").iter().map(|s| (s.kind(), s.len())).collect();
    assert_eq!(kinds, [(FeatureKind::Int64, 2), (FeatureKind::Float, 1)]);
    assert_eq!(sequence.list("a").expect("there").len(), 0);
    assert!(sequence.get("c").is_none());
}

#[test]
fn a_missing_list_is_named() {
    let record = SequenceExampleBuilder::new().list("frames", []).build();
    let sequence = SequenceExample::parse(&record).expect("just built");
    let error = sequence.list("frame").expect_err("missing");
    assert_eq!(error.to_string(), r#"no feature named "frame" (the example has: "frames")"#);
}

#[test]
fn steps_count_against_the_limit() {
    let steps = vec![FeatureValues::Int64(1); 50];
    let record = SequenceExampleBuilder::new().list("frames", steps).build();
    let limits = Limits::default().max_features(51);
    SequenceExample::parse_with(&record, &limits).expect("at the limit");
    SequenceExample::parse_with(&record, &limits.max_features(50)).expect_err("beyond");
}

#[test]
fn an_empty_sequence_is_no_bytes() {
    assert_eq!(SequenceExampleBuilder::new().build(), b"");
    assert_eq!(SequenceExample::parse(b"").expect("empty").keys().count(), 0);
}
