//! Compares what the documents say with what is there.

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
    let checks: [(&str, Check); 4] = [
        ("crates and the table in docs/architecture.md", crates_are_as_documented),
        ("invariants and their tests", invariants_have_tests),
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
    let code = files(root, "rs")?
        .iter()
        .map(fs::read_to_string)
        .collect::<std::io::Result<Vec<_>>>()?
        .concat();
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

fn links_resolve(root: &Path) -> Result<()> {
    let mut broken = Vec::new();
    for page in files(root, "md")? {
        let text = fs::read_to_string(&page)?;
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap_or_default();
            let elsewhere = target.starts_with("http") || file.is_empty();
            if !elsewhere && !page.with_file_name(file).exists() {
                broken.push(format!("{} -> {target}", page.display()));
            }
        }
    }
    ensure!(broken.is_empty(), "{}", broken.join(", "));
    Ok(())
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
