//! The program `zoo` as a person or a script runs it.

use serde_json::Value;

use crate::support::{example, stderr, stdout};

#[test]
fn the_table_has_a_row_for_every_network() {
    let output = example("zoo", &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    assert_eq!(text.lines().count(), resnet::models::zoo().len() + 1);
    let row = text.lines().find(|line| line.starts_with("resnet50 ")).expect("resnet50");
    let cells: Vec<_> = row.split_whitespace().collect();
    let expected = ["resnet50", "224", "25.56", "M", "4.089", "G", "80.86", "%", "(224)"];
    assert_eq!(cells[..9], expected);
}

#[test]
fn json_gives_exact_numbers_and_the_source() {
    let output = example("zoo", &["seresnet50", "--json"]);
    let line = stdout(&output);
    let network: Value = serde_json::from_str(line.trim()).expect("one object");
    assert_eq!(network["parameters"], 28_088_024);
    assert_eq!(network["multiply_adds"], 4_091_699_200_u64);
    assert_eq!(network["published"]["weights"], "seresnet50.ra2_in1k");
    assert!(network["published"]["source"].as_str().expect("text").contains("results-imagenet"));
}

#[test]
fn a_name_that_nothing_contains_is_an_error() {
    let output = example("zoo", &["vgg"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("`vgg`"), "{}", stderr(&output));
}
