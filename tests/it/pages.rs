//! `docs/commands.md` is what the programs say about themselves.
//!
//! `UPDATE_DOCS=1 cargo test --release --test it pages` writes it anew.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::support::{example, stdout};

/// The programs for people, with their subcommands.
const PROGRAMS: &[(&str, &[&str])] = &[
    ("train_imagenet", &[]),
    ("prepare_imagenet", &[]),
    ("finetune", &[]),
    ("evaluate", &[]),
    ("predict", &[]),
    ("dataset", &["info", "verify", "split", "sample"]),
    ("devices", &[]),
    ("zoo", &[]),
    ("export_weights", &[]),
    ("export_onnx", &[]),
    ("tfrecord", &["info", "head", "verify", "index", "cat", "convert", "repair"]),
    ("kill_test", &[]),
];

const HEAD: &str = "# Commands

Every program and every flag of a default build, as `--help` explains them; with `--features dicom`, `finetune` and `dataset` have
`--window CENTER,WIDTH|full` and `--frame first|middle|N`, too ([DICOM](data.md#decoding)). This page is made from it by a [test](../tests/it/pages.rs). A program is run as
`cargo run --release --example NAME -- FLAGS`. [TensorFlow's flags](flags.md), which `train_imagenet` understands too, have a page of
their own, and so have the keys of [recipes](recipes.md).
";

/// One argument and what it means.
#[derive(Default)]
struct Argument {
    names: String,
    meaning: Vec<String>,
}

/// The sentences at the beginning of a help text, and its arguments.
fn parse(help: &str) -> (String, Vec<Argument>) {
    let (about, rest) = help.split_once("\nUsage:").expect("a usage line");
    let mut arguments: Vec<Argument> = Vec::new();
    for line in rest.lines().skip(1) {
        let indent = line.len() - line.trim_start().len();
        let text = line.trim();
        match (text.starts_with(['-', '<', '[']) && (2..=6).contains(&indent), indent) {
            (true, _) => arguments.push(argument(text)),
            (false, 7..) => {
                let last = arguments.last_mut().expect("an argument");
                last.meaning.push(text.to_owned());
            }
            _ => {}
        }
    }
    let known = |argument: &Argument| !argument.names.starts_with("-h, ");
    (about.trim().to_owned(), arguments.into_iter().filter(known).collect())
}

/// Short help has the meaning on the line of the names.
fn argument(line: &str) -> Argument {
    let (names, meaning) = line.split_once("  ").unwrap_or((line, ""));
    Argument { names: names.to_owned(), meaning: vec![meaning.trim().to_owned()] }
}

fn section(page: &mut String, level: &str, name: &str, arguments: &[&str]) {
    let output = example(arguments[0], &arguments[1..]);
    assert!(output.status.success(), "{arguments:?} has no help");
    let (about, rows) = parse(&stdout(&output));
    write!(page, "\n{level} `{name}`\n\n{about}\n").expect("memory");
    if rows.is_empty() {
        return;
    }
    page.push_str("\n| argument | |\n|---|---|\n");
    for row in rows {
        let meaning: Vec<_> = row.meaning.into_iter().filter(|line| !line.is_empty()).collect();
        let cell = meaning.join(" ").replace('|', "\\|");
        writeln!(page, "| `{}` | {cell} |", row.names.replace('|', "\\|")).expect("memory");
    }
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    for (program, subcommands) in PROGRAMS {
        section(&mut page, "##", program, &[program, "--help"]);
        for command in *subcommands {
            section(
                &mut page,
                "###",
                &format!("{program} {command}"),
                &[program, command, "--help"],
            );
        }
    }
    page
}

#[test]
fn the_page_of_commands_is_what_the_programs_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/commands.md");
    let made = page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &made).expect("docs/commands.md is written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    let differs = made.lines().zip(written.lines()).find(|(made, written)| made != written);
    assert!(
        made == written,
        "docs/commands.md is not up to date, first at {differs:?}; run \
         UPDATE_DOCS=1 cargo test --release --test it pages"
    );
}

#[test]
fn every_program_for_people_is_on_the_page() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    for entry in fs::read_dir(folder).expect("examples") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let for_people = !name.starts_with("bench_") && name != "common";
        let listed = PROGRAMS.iter().any(|(program, _)| *program == name);
        assert!(!for_people || listed, "{name} is not in docs/commands.md");
    }
}

#[test]
fn every_device_that_the_help_names_is_one() {
    let page = page();
    let sentences = page.split("Where to compute: ").skip(1).map(|rest| {
        let (words, _) = rest.split_once(['.', '[', '|']).expect("an end");
        words.trim()
    });
    let sentences: Vec<&str> = sentences.collect();
    assert_eq!(sentences.len(), 4, "{sentences:?}");
    for sentence in sentences {
        for word in sentence.replace(" or ", ", ").split(", ") {
            let device = word.replace('N', "1").parse::<resnet::DeviceChoice>();
            assert!(device.is_ok(), "{word} in {sentence:?}");
        }
        assert!(sentence.contains("wgpu:N") && sentence.contains("cuda:N"), "{sentence:?}");
    }
}
