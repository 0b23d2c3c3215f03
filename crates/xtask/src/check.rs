//! Compares what the documents say with what is there.

mod cycles;
mod functions;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::CommandFactory;
use serde_json::Value;

use crate::{Cli, cargo};

/// Bytes that the bundled sample may take in the repository.
const SAMPLE_LIMIT: u64 = 3_000_000;

/// Looks at the repository in this folder.
type Check = fn(&Path) -> Result<()>;

/// Runs every check and reports all that fail.
pub(crate) fn run() -> Result<()> {
    let root = cargo::root()?;
    let checks: [(&str, Check); 8] = [
        ("crates and the table in docs/architecture.md", crates_are_as_documented),
        ("programs and commands of xtask in docs/architecture.md", programs_are_as_documented),
        ("invariants and their tests", invariants_have_tests),
        ("no cycles between modules", cycles::no_cycles),
        ("short functions", functions::functions_are_short),
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

/// Every program in `examples/` and every command of this one is named in its section.
fn programs_are_as_documented(root: &Path) -> Result<()> {
    let page = fs::read_to_string(root.join("docs/architecture.md"))?;
    let examples = fs::read_dir(root.join("examples"))?.map(|entry| Ok(entry?.path()));
    let examples = examples.collect::<Result<Vec<_>>>()?.into_iter();
    let programs = examples.filter(|path| path.is_file() || path.join("main.rs").exists());
    let programs = programs.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()));
    let commands = Cli::command();
    let commands = commands.get_subcommands().map(|command| command.get_name().to_owned());
    names_all(section(&page, "### Programs")?, programs)?;
    names_all(section(&page, "### `xtask`")?, commands)
}

fn names_all(section: &str, names: impl Iterator<Item = String>) -> Result<()> {
    let known: BTreeSet<&str> = section.split('`').skip(1).step_by(2).collect();
    let left_out: Vec<String> = names.filter(|name| !known.contains(&**name)).collect();
    ensure!(left_out.is_empty(), "not named: {}", left_out.join(", "));
    Ok(())
}

/// What stands below a heading, up to the next one.
fn section<'a>(page: &'a str, heading: &str) -> Result<&'a str> {
    let (_, section) =
        page.split_once(&format!("{heading}\n")).with_context(|| format!("no {heading}"))?;
    Ok(section.split_once("\n#").map_or(section, |(section, _)| section))
}

fn invariants_have_tests(root: &Path) -> Result<()> {
    let page = fs::read_to_string(root.join("docs/architecture.md"))?;
    let section = section(&page, "## Invariants")?;
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

#[cfg(test)]
mod tests {
    use super::{names_all, section};

    #[test]
    fn a_program_that_its_section_leaves_out_is_named() {
        let page = "### Programs\n\n`one` and `two`.\n\n## More\n`three`\n";
        let below = section(page, "### Programs").expect("it is there");
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        assert!(names_all(below, names(&["two", "one"]).into_iter()).is_ok());
        let error = names_all(below, names(&["one", "three"]).into_iter()).expect_err("left out");
        assert_eq!(error.to_string(), "not named: three");
        assert!(section(page, "## Less").is_err());
    }
}
