use tfrecord_codec::{Example, ExampleBuilder, FeatureKind, FeatureValues, Limits};

/// A length-delimited field with a short body.
fn field(number: u8, body: &[u8]) -> Vec<u8> {
    assert!(body.len() < 128);
    [&[number << 3 | 2, body.len() as u8], body].concat()
}

/// An example with one feature, whose `Feature` message is given.
fn with_feature(name: &str, feature: &[u8]) -> Vec<u8> {
    field(1, &field(1, &[field(1, name.as_bytes()), field(2, feature)].concat()))
}

#[test]
fn every_kind_of_value_comes_back() {
    let record = ExampleBuilder::new()
        .bytes("b", b"\x00\xff")
        .bytes_list("bs", &[b"", b"x"])
        .float("f", f32::NAN)
        .float_list("fs", &[f32::NEG_INFINITY, -0.0, f32::MIN_POSITIVE])
        .int64("i", i64::MIN)
        .int64_list("is", &[i64::MAX, -1, 0])
        .build();
    let example = Example::parse(&record).expect("just built");
    assert_eq!(example.bytes("b").expect("there"), b"\x00\xff");
    assert_eq!(example.bytes_list("bs").expect("there").collect::<Vec<_>>(), [&b""[..], b"x"]);
    assert!(example.float("f").expect("there").is_nan());
    let floats: Vec<_> = example.float_list("fs").expect("there").map(f32::to_bits).collect();
    assert_eq!(floats, [f32::NEG_INFINITY, -0.0, f32::MIN_POSITIVE].map(f32::to_bits));
    assert_eq!(example.int64("i").expect("there"), i64::MIN);
    assert_eq!(example.int64_list("is").expect("there").collect::<Vec<_>>(), [i64::MAX, -1, 0]);
}

#[test]
fn empty_lists_keep_their_kind() {
    let record = ExampleBuilder::new()
        .bytes_list("b", &[])
        .feature("f", FeatureValues::FloatList(&[]))
        .int64_list("i", &[])
        .build();
    let example = Example::parse(&record).expect("just built");
    let kinds: Vec<_> = example.iter().map(|(_, value)| (value.kind(), value.len())).collect();
    assert_eq!(kinds, [(FeatureKind::Bytes, 0), (FeatureKind::Float, 0), (FeatureKind::Int64, 0)]);
    assert_eq!(example.float_list("f").expect("there").len(), 0);
}

#[test]
fn an_example_without_features_is_no_bytes() {
    assert_eq!(ExampleBuilder::new().build(), b"");
    assert_eq!(Example::parse(b"").expect("empty").keys().count(), 0);
}

#[test]
fn the_order_of_building_does_not_show() {
    let forwards = ExampleBuilder::new().int64("a", 1).int64("b", 2).int64("größe", 3);
    let backwards = ExampleBuilder::new().int64("größe", 3).int64("b", 2).int64("a", 1);
    let record = forwards.build();
    assert_eq!(record, backwards.build());
    let names: Vec<_> = Example::parse(&record).expect("just built").keys().collect();
    assert_eq!(names, ["a", "b", "größe"]);
}

#[test]
fn the_last_of_equal_names_counts() {
    let record = ExampleBuilder::new().int64("a", 1).float("b", 0.0).int64("a", 2).build();
    assert_eq!(record, ExampleBuilder::new().float("b", 0.0).int64("a", 2).build());
    for others in [0, 3, 40] {
        let names: Vec<_> = (0..others).map(|n| format!("other-{n}")).collect();
        let others = names.iter().fold(ExampleBuilder::new(), |b, name| b.int64(name, 0)).build();
        let twice =
            [with_feature("k", &field(3, &[8, 1])), others, with_feature("k", &field(3, &[8, 2]))];
        let twice = twice.concat();
        let example = Example::parse(&twice).expect("well-formed");
        assert_eq!(example.int64("k").expect("there"), 2);
        assert_eq!(example.keys().filter(|name| *name == "k").count(), 1);
        assert_eq!(example.keys().count(), names.len() + 1);
    }
}

#[test]
fn more_features_than_fit_without_allocation_are_all_found() {
    for count in [15, 16, 17, 300] {
        let names: Vec<_> = (0..count).map(|n| format!("feature/{n}")).collect();
        let builder = (0..count).fold(ExampleBuilder::new(), |b, n| b.int64(&names[n], n as i64));
        let record = builder.build();
        let example = Example::parse(&record).expect("just built");
        for (n, name) in names.iter().enumerate() {
            assert_eq!(example.int64(name).expect("there"), n as i64);
        }
        assert!(!example.contains("feature/"));
        assert_eq!(example.keys().count(), count);
    }
}

#[test]
fn errors_name_the_feature_its_type_and_the_wanted_one() {
    let record = ExampleBuilder::new().bytes("image", b"").int64_list("sizes", &[1, 2]).build();
    let example = Example::parse(&record).expect("just built");
    let text = |error: tfrecord_codec::Error| error.to_string();
    assert_eq!(
        text(example.int64("image").expect_err("bytes")),
        r#"feature "image" is of type bytes_list, not int64_list"#
    );
    assert_eq!(
        text(example.float("label").expect_err("missing")),
        r#"no feature named "label" (the example has: "image", "sizes")"#
    );
    assert_eq!(
        text(example.int64("sizes").expect_err("two")),
        r#"feature "sizes" holds 2 values where exactly one is wanted: read it as a list"#
    );
    let error = Example::parse(b"").expect("empty").bytes("x").expect_err("missing");
    assert_eq!(text(error), r#"no feature named "x" (the example has: no features)"#);
    let error = example.int64("image").expect_err("bytes").with_path("shard").with_record(3, 99);
    assert!(text(error).starts_with("shard: record 3 at byte 99: feature"));
}

#[test]
fn an_error_does_not_repeat_endless_names() {
    let names: Vec<_> = (0..100).map(|n| format!("{n:03}{}", "é".repeat(500))).collect();
    let record = names.iter().fold(ExampleBuilder::new(), |b, name| b.int64(name, 0)).build();
    let error = Example::parse(&record).expect("just built").int64("x").expect_err("missing");
    let text = error.to_string();
    assert!(text.len() < 3000 && text.contains("and 88 more"), "{text}");
}

#[test]
fn an_unset_feature_is_of_no_type() {
    let record = with_feature("k", b"");
    let example = Example::parse(&record).expect("well-formed");
    assert_eq!(example.get("k").expect("there").kind(), FeatureKind::Unset);
    let error = example.bytes_list("k").expect_err("unset");
    assert_eq!(error.to_string(), r#"feature "k" is of type unset, not bytes_list"#);
}

#[test]
fn malformed_messages_say_where() {
    let at = |record: &[u8]| Example::parse(record).expect_err("malformed").to_string();
    assert_eq!(
        at(&[0x0a, 5, 0x0a]),
        "malformed protobuf message at its byte 1: a field of 5 bytes where only 1 are left"
    );
    assert_eq!(
        at(&with_feature("\0", &field(2, &[0x0a, 3, 0, 0, 0]))),
        "malformed protobuf message at its byte 13: packed floats whose length is no multiple of four"
    );
    assert_eq!(
        at(&field(1, &field(1, &field(1, b"ok\xff")))),
        "malformed protobuf message at its byte 8: the text is not UTF-8"
    );
    assert!(at(&[0x08, 0]).contains("field 1 is a varint where it must be length-delimited"));
    assert!(at(&[0x02, 0]).contains("a field has the number 0"));
}

#[test]
fn the_limit_on_features_counts_repeats_and_merged_lists() {
    let one = with_feature("k", &field(3, &[8, 1]));
    let limits = Limits::default().max_features(10);
    Example::parse_with(&one.repeat(10), &limits).expect("at the limit");
    let error = Example::parse_with(&one.repeat(11), &limits).expect_err("beyond");
    assert!(error.to_string().contains("more than 10 features"), "{error}");
    let merged = with_feature("k", &field(3, &[8, 1]).repeat(20));
    Example::parse_with(&merged, &limits).expect_err("beyond");
}
