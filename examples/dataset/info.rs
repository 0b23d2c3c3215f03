//! `info`: what a data set holds.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use resnet::data::inspect::{Check, Finding, Quantiles, Report, SplitReport};
use resnet::data::{Depth, Layout};
use serde_json::json;

use crate::output::{Answer, table};
use crate::walk;

/// Classes that are shown by name: the largest and the smallest ones.
const SHOWN: usize = 20;

pub(crate) fn run(options: &walk::Options, answer: &Answer) -> Result<bool> {
    let dataset = options.input.open_what_is_good()?;
    let check = walk::check(&dataset, options)?;
    let (path, layout) = (options.input.path()?, dataset.layout());
    answer.give(
        || text(&path, layout, &check),
        || {
            let mut document = json!(check.report);
            document["path"] = json!(path);
            document["layout"] = json!(layout.to_string());
            document["findings"] = json!(check.findings);
            document
        },
    )?;
    Ok(true)
}

fn text(path: &Path, layout: Layout, check: &Check) -> String {
    let report = &check.report;
    let classes = report.classes.len();
    let head = format!("{}: {layout}, {classes} classes", path.display());
    let parts = [head, table(&facts(&report.splits), 1), table(&classes_table(report), 1)];
    format!("{}\n\n{}", parts.join("\n\n"), conclusion(check))
}

/// A column for each split.
fn facts(splits: &[SplitReport]) -> Vec<Vec<String>> {
    let row = |name: &str, of: &dyn Fn(&SplitReport) -> String| {
        std::iter::once(name.to_owned()).chain(splits.iter().map(of)).collect()
    };
    let wide = |split: &SplitReport| split.depths.get(&Depth::Sixteen).copied().unwrap_or(0);
    let any_wide = splits.iter().any(|split| wide(split) > 0);
    let mut rows = vec![
        row("", &|split| split.name.clone()),
        row("images", &|split| split.images.to_string()),
        row("bad", &|split| split.bad.len().to_string()),
        row("grey", &|split| split.grey.to_string()),
        row("formats", &formats),
        row("width (min / median / max)", &|split| quantiles(split.width)),
        row("height", &|split| quantiles(split.height)),
        row("bytes", &|split| quantiles(split.bytes)),
        row("mean", &|split| channels(split.mean, any_wide)),
        row("deviation", &|split| channels(split.std, any_wide)),
        row("largest class / smallest", &|split| optional(split.imbalance, |x| format!("{x:.2}"))),
    ];
    if any_wide {
        rows.insert(4, row("of 16 bits (levels 0 to 65535)", &|split| wide(split).to_string()));
    }
    rows
}

fn formats(split: &SplitReport) -> String {
    let formats = split.formats.iter().map(|(format, images)| format!("{images} {format}"));
    optional((!split.formats.is_empty()).then_some(formats), |all| {
        all.collect::<Vec<_>>().join(", ")
    })
}

fn quantiles(of: Option<Quantiles>) -> String {
    optional(of, |Quantiles { min, median, max, .. }| format!("{min} / {median} / {max}"))
}

/// From 0 to 1, or in levels of 16 bits: a share would have too few digits.
fn channels(of: Option<[f64; 3]>, wide: bool) -> String {
    optional(of, |channels| match wide {
        true => channels.map(|share| format!("{:.1}", share * f64::from(u16::MAX))).join(" "),
        false => channels.map(|share| format!("{share:.3}")).join(" "),
    })
}

fn optional<T>(value: Option<T>, text: impl FnOnce(T) -> String) -> String {
    value.map_or("-".to_owned(), text)
}

/// Images of each class in each split; of many classes, the largest and the smallest.
fn classes_table(report: &Report) -> Vec<Vec<String>> {
    let all = |class: usize| report.splits.iter().map(|split| split.images_per_class[class]).sum();
    let mut classes: Vec<(u64, usize)> =
        (0..report.classes.len()).map(|class| (all(class), class)).collect();
    let left_out = classes.len().saturating_sub(SHOWN);
    if left_out > 0 {
        classes.sort_by_key(|&(images, class)| (std::cmp::Reverse(images), class));
        classes.drain(SHOWN / 2..SHOWN / 2 + left_out);
    }
    let mut rows = vec![row("class", report.splits.iter().map(|split| split.name.clone()))];
    for (place, &(_, class)) in classes.iter().enumerate() {
        if left_out > 0 && place == SHOWN / 2 {
            rows.push(vec![format!("({left_out} classes in between)")]);
        }
        let counts = report.splits.iter().map(|split| split.images_per_class[class].to_string());
        rows.push(row(&report.class_name(class), counts));
    }
    rows
}

fn row(name: &str, cells: impl Iterator<Item = String>) -> Vec<String> {
    std::iter::once(name.to_owned()).chain(cells).collect()
}

fn conclusion(Check { report, findings }: &Check) -> String {
    let duplicates = report.duplicates.iter().filter(|set| !set.across_splits);
    let mut lines = match duplicates.count() {
        0 => Vec::new(),
        sets => vec![format!("Pictures that are there twice or more within a split: {sets}.")],
    };
    match &findings[..] {
        [] => lines.push("Nothing is wrong.".to_owned()),
        _ => lines.push("What is wrong:".to_owned()),
    }
    lines.extend(by_kind(findings));
    lines.join("\n")
}

/// The first finding of each kind, errors first, and how many there are more.
fn by_kind(findings: &[Finding]) -> impl Iterator<Item = String> {
    let mut kinds: BTreeMap<_, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        kinds.entry((finding.severity, finding.kind)).or_default().push(finding);
    }
    kinds.into_values().map(|found| match found.len() - 1 {
        0 => format!("- {}.", found[0]),
        more => format!("- {}. {more} more of this kind: `verify` lists them.", found[0]),
    })
}
