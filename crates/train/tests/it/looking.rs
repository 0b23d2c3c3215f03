//! Looking at a run: where its time goes, and which rate to begin with.

use std::collections::BTreeMap;
use std::fs;

use resnet_train::lr_finder::{LrRange, find_lr};
use resnet_train::run::RunOptions;
use resnet_train::trace::Trace;
use serde_json::Value;

use crate::sample::{cpu, files, images, recipe, run, run_in};

#[test]
fn a_trace_has_every_part_of_the_first_steps_and_changes_no_byte() {
    let [plain, traced] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    let options = RunOptions {
        trace: Trace::of_steps(5),
        checkpoint_every: Some(2),
        workers: 2,
        ..RunOptions::new(traced.path())
    };
    let outcome = run(&recipe(), &options).expect("trains");
    let text = fs::read_to_string(traced.path().join("trace.json")).expect("a trace");
    let trace: Value = serde_json::from_str(&text).expect("JSON");
    let (mut threads, mut counts) = (BTreeMap::new(), BTreeMap::<_, BTreeMap<_, _>>::new());
    for event in trace["traceEvents"].as_array().expect("events") {
        let name = event["name"].as_str().expect("a name").to_owned();
        let thread = event["tid"].as_u64().expect("a thread");
        if event["ph"] == "M" {
            threads.insert(event["args"]["name"].as_str().expect("a name").to_owned(), thread);
            continue;
        }
        assert_eq!(event["ph"], "X", "a complete event");
        assert!(event["ts"].is_u64() && event["dur"].is_u64() && event["pid"].is_u64());
        *counts.entry(thread).or_default().entry(name).or_insert(0) += 1;
    }
    let mut of_thread = |name: &str| {
        let counts = counts.remove(&threads[name]).expect(name);
        counts.into_iter().collect::<Vec<(String, i32)>>()
    };
    let here = std::thread::current().name().expect("a name").to_owned();
    let wanted = ["backward", "forward", "optimizer", "wait for images"].map(|name| (name, 5));
    let wanted = [&wanted[..1], &[("evaluation", 1)], &wanted[1..]].concat();
    let named = |(name, count): (&str, i32)| (name.to_owned(), count);
    assert_eq!(of_thread(&here), wanted.into_iter().map(named).collect::<Vec<_>>());
    // One thread may be so fast that nothing is left for the other.
    let loaders = threads.keys().filter(|name| name.starts_with("load-"));
    let loading: Vec<_> = loaders.flat_map(|name| of_thread(name)).collect();
    let decoded: i32 = loading.iter().filter(|(name, _)| name == "decode").map(|(_, n)| n).sum();
    assert!(decoded >= 20, "five batches of four: {loading:?}");
    let saving = of_thread("checkpoint");
    assert_eq!(
        saving.iter().map(|(name, _)| &**name).collect::<Vec<_>>(),
        ["read the state", "write"]
    );
    let expected = run_in(plain.path(), &recipe()).expect("trains").checkpoint.expect("one");
    assert!(files(&outcome.checkpoint.expect("one")) == files(&expected));
    assert!(!plain.path().join("trace.json").exists());
}

#[test]
fn rates_rise_until_the_loss_does_and_no_run_is_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = RunOptions::new(folder.path());
    let range = LrRange { from: 1e-4, to: 1e4, steps: 40 };
    let find = || find_lr(&recipe(), &images(), range, &options, &cpu()).expect("steps");
    let curve = find();
    assert!(curve.points.len() > 5 && curve.points.len() < 40, "{}", curve.points.len());
    assert!(curve.points.windows(2).all(|pair| pair[0].lr < pair[1].lr));
    assert_eq!(curve, find(), "the same again");
    curve.write(folder.path()).expect("written");
    let names: Vec<_> = fs::read_dir(folder.path()).expect("a folder").collect();
    assert_eq!(names.len(), 2, "a table and a picture: {names:?}");
}
