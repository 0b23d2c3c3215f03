//! docs/data.md against the program it describes, where both are at hand.

use std::collections::BTreeSet;
use std::path::Path;

/// A file of the workspace; absent from the published crate.
fn workspace_file(path: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    let text = std::fs::read_to_string(path).ok();
    if text.is_none() {
        eprintln!("SKIPPED: not in the workspace");
    }
    text
}

/// The `--options` in a text.
fn options_in(text: &str) -> BTreeSet<&str> {
    let after = text.split("`--").skip(1);
    after.map(|rest| rest.split([' ', '`', ',']).next().unwrap_or_default()).collect()
}

#[test]
fn the_page_lists_every_option_of_the_program_and_no_other() {
    let (Some(page), Some(args)) =
        (workspace_file("docs/data.md"), workspace_file("examples/prepare_imagenet/args.rs"))
    else {
        return;
    };
    let fields = args.split("#[arg(long").skip(1).map(|rest| {
        let (_, field) = rest.split_once("]\n").unwrap();
        let (name, _) = field.split_once(": ").unwrap();
        name.trim().trim_start_matches("pub(crate) ").replace('_', "-")
    });
    let fields: BTreeSet<String> = fields.collect();
    let (_, table) = page.split_once("## Options").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let listed = options_in(table).into_iter().map(str::to_owned).collect();
    assert_eq!(fields, listed);
    let elsewhere: Vec<_> =
        options_in(&page).into_iter().filter(|o| !fields.contains(*o)).collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
}

#[test]
fn the_page_names_every_key_of_a_record() {
    let Some(page) = workspace_file("docs/data.md") else { return };
    let made = crate::prepare_support::prepared(
        |raw| crate::prepare_support::FakeImageNet::new().write_reference(raw),
        &crate::prepare_support::options(),
    );
    let shard = &crate::prepare_support::shards(made.out.path(), "train")[0];
    let record = tfrecord_codec::RecordReader::open(shard).unwrap().records().next();
    let record = record.unwrap().unwrap();
    for key in tfrecord_codec::Example::parse(&record).unwrap().keys() {
        assert!(page.contains(&format!("`{key}`")), "{key} is not in docs/data.md");
    }
    let dataset = std::fs::read_to_string(made.out.path().join("dataset.json")).unwrap();
    for key in ["layout", "sources", "plan", "images_per_class", "mean", "std", "reencoded"] {
        assert!(page.contains(&format!("`{key}`")) && dataset.contains(&format!("\"{key}\"")));
    }
}
