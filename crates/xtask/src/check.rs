//! Compares what the documents say with what is there.

mod cycles;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::cargo;

/// Bytes that the bundled sample may take in the repository.
const SAMPLE_LIMIT: u64 = 3_000_000;

/// Looks at the repository in this folder.
type Check = fn(&Path) -> Result<()>;

/// Runs every check and reports all that fail.
pub(crate) fn run() -> Result<()> {
    let root = cargo::root()?;
    let checks: [(&str, Check); 6] = [
        ("crates and the table in docs/architecture.md", crates_are_as_documented),
        ("invariants and their tests", invariants_have_tests),
        ("no cycles between modules", cycles::no_cycles),
        ("tests named in documents", named_tests_exist),
        ("links in documents", links_resolve),
        ("size of the bundled sample", sample_is_small),
    ];
    let mut failed = 0;
    for (name, check) in checks {
        match check(&root) {
            Ok(()) => println!("ok      {name}"),
            Err(error) => {
                failed += 1;
                println!("FAILED  {name}: {error:#}");
            }
        }
    }
    ensure!(failed == 0, "{failed} checks failed");
    Ok(())
}

/// A crate's dependencies within the workspace, and whether it uses Burn.
type Crates = BTreeMap<String, (BTreeSet<String>, bool)>;

fn crates_are_as_documented(root: &Path) -> Result<()> {
    let real = crates_by_cargo()?;
    let documented = crates_by_table(root, &real)?;
    for (name, crate_) in &real {
        let row = documented.get(name).with_context(|| format!("{name} is not in the table"))?;
        ensure!(row == crate_, "{name} is {crate_:?}, the table says {row:?}");
    }
    ensure!(documented.len() == real.len(), "the table names crates that do not exist");
    Ok(())
}

fn crates_by_cargo() -> Result<Crates> {
    Ok(cargo::packages()?.iter().map(crate_of_package).collect())
}

fn crate_of_package(package: &Value) -> (String, (BTreeSet<String>, bool)) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let dependencies = package["dependencies"].as_array().into_iter().flatten();
    let (mut ours, mut burn) = (BTreeSet::new(), false);
    for dependency in dependencies.filter(|d| d["kind"].is_null()) {
        if dependency["path"].is_string() {
            ours.insert(text(&dependency["name"]));
        }
        burn |= text(&dependency["name"]).starts_with("burn");
    }
    (text(&package["name"]), (ours, burn))
}

/// Rows of the form `| name | folder | uses | yes or no |`.
fn crates_by_table(root: &Path, real: &Crates) -> Result<Crates> {
    let page = fs::read_to_string(root.join("docs/architecture.md"))?;
    let mut crates = Crates::new();
    for line in page.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, name, _, uses, burn, _] = cells[..] else {
            bail!("not a row of the table: {line}")
        };
        let name = name.trim_matches('`').to_owned();
        let uses: BTreeSet<String> = if uses == "all of the above" {
            crates.keys().cloned().collect()
        } else {
            uses.split(',').map(|u| u.trim().trim_matches('`').to_owned()).collect()
        };
        let uses = uses.into_iter().filter(|u| u != "–").collect();
        // The facade reaches Burn through other crates alone.
        let direct = burn == "yes" && real.get(&name).is_some_and(|(_, burn)| *burn);
        ensure!(burn == "yes" || burn == "no", "{name}: Burn is yes or no, not {burn}");
        crates.insert(name, (uses, direct));
    }
    Ok(crates)
}

fn invariants_have_tests(root: &Path) -> Result<()> {
    let page = fs::read_to_string(root.join("docs/architecture.md"))?;
    let (_, section) = page.split_once("## Invariants").context("no section Invariants")?;
    let (section, _) = section.split_once("\n## ").unwrap_or((section, ""));
    let code = all_code(root)?;
    for invariant in section.split("- **Invariant:**").skip(1) {
        let names: Vec<&str> = invariant.split('`').skip(1).step_by(2).collect();
        let tests = names.iter().filter(|name| name.matches('_').count() > 2);
        let held = invariant.contains("`xtask check`") || tests.clone().next().is_some();
        ensure!(held, "no test is named for:{invariant}");
        for test in tests {
            ensure!(code.contains(&format!("fn {test}()")), "there is no test {test}");
        }
    }
    Ok(())
}

fn all_code(root: &Path) -> Result<String> {
    Ok(files(root, "rs")?.iter().map(fs::read_to_string).collect::<std::io::Result<String>>()?)
}

/// A name in code style of at least five words is that of a test.
fn named_tests_exist(root: &Path) -> Result<()> {
    let code = all_code(root)?;
    for page in files(root, "md")? {
        let text = fs::read_to_string(&page)?;
        for name in text.split('`').skip(1).step_by(2).filter(|name| is_test_name(name)) {
            let there = code.contains(&format!("fn {name}("));
            ensure!(there, "{} names {name}, which does not exist", page.display());
        }
    }
    Ok(())
}

fn is_test_name(name: &str) -> bool {
    let letters = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    letters && name.matches('_').count() > 3
}

fn links_resolve(root: &Path) -> Result<()> {
    let mut broken = Vec::new();
    for page in files(root, "md")? {
        let text = fs::read_to_string(&page)?;
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if !target.starts_with("http") && !resolves(&page, target) {
                broken.push(format!("{} -> {target}", page.display()));
            }
        }
    }
    ensure!(broken.is_empty(), "{}", broken.join(", "));
    Ok(())
}

/// Whether the file is there, and in a page the heading.
fn resolves(page: &Path, target: &str) -> bool {
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = if file.is_empty() { page.to_owned() } else { page.with_file_name(file) };
    if anchor.is_empty() || path.extension().is_none_or(|extension| extension != "md") {
        return path.exists();
    }
    let text = fs::read_to_string(path).unwrap_or_default();
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| slug(line.trim_start_matches('#'))).any(|heading| heading == anchor)
}

/// The anchor that GitHub gives a heading.
fn slug(heading: &str) -> String {
    let lower = heading.trim().to_lowercase();
    let kept = lower.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn sample_is_small(root: &Path) -> Result<()> {
    let mut bytes = 0;
    for entry in fs::read_dir(root.join("data/fashion-mnist"))? {
        bytes += entry?.metadata()?.len();
    }
    ensure!(bytes <= SAMPLE_LIMIT, "{bytes} bytes, {SAMPLE_LIMIT} are allowed");
    Ok(())
}

/// Files of the repository with this extension; build products and hidden folders are left out.
fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') && name != "target" && name != "runs" {
            found.extend(files(&path, extension)?);
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
