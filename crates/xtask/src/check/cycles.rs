//! No module of a crate uses, by way of others, a module that uses it: the file tree can be read from the bottom up.
//!
//! Modules are those at the top of a crate. `error` is left out: an error names what it is about, and everything
//! returns it. So are tests and links of comments.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::files;

/// The modules that each module uses.
type Uses = BTreeMap<String, BTreeSet<String>>;

pub(super) fn no_cycles(root: &Path) -> Result<()> {
    for entry in fs::read_dir(root.join("crates"))? {
        let source = entry?.path().join("src");
        let cycle = find_cycle(&uses(&source)?);
        ensure!(cycle.is_empty(), "in {}: {}", source.display(), cycle.join(" uses "));
    }
    Ok(())
}

fn uses(source: &Path) -> Result<Uses> {
    let mut uses = Uses::new();
    let exports = exports(source)?;
    for file in files(source, "rs")? {
        let inside = file.strip_prefix(source)?.with_extension("");
        let module = inside.iter().next().context("a name")?.to_string_lossy().into_owned();
        let is_test = inside.iter().any(|part| part == "tests");
        if is_test || ["lib", "main", "error"].contains(&module.as_str()) {
            continue;
        }
        let code = code(&fs::read_to_string(&file)?);
        let named = named(&code).into_iter();
        let of = uses.entry(module.clone()).or_default();
        of.extend(named.map(|name| exports.get(&name).cloned().unwrap_or(name)));
        of.remove(&module);
    }
    Ok(uses)
}

/// Without comments, and without the tests at the end.
fn code(text: &str) -> String {
    let (text, _) = text.split_once("#[cfg(test)]").unwrap_or((text, ""));
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// What follows `crate::`, also in braces.
fn named(code: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let list = rest.strip_prefix('{').and_then(|rest| rest.split_once("};"));
        let items = list.map_or(vec![rest], |(list, _)| list.split(',').collect());
        names.extend(items.into_iter().map(first_name).filter(|name| !name.is_empty()));
    }
    names
}

fn first_name(text: &str) -> String {
    let is_part = |c: &char| c.is_alphanumeric() || *c == '_';
    text.trim_start().chars().take_while(is_part).collect()
}

/// Which module each name comes from that the crate's root shows.
fn exports(source: &Path) -> Result<BTreeMap<String, String>> {
    let root = ["lib.rs", "main.rs"].map(|name| source.join(name));
    let root = root.iter().find(|path| path.exists()).context("no root of the crate")?;
    let mut exports = BTreeMap::new();
    for statement in code(&fs::read_to_string(root)?).split(';') {
        let Some((_, path)) = statement.split_once("pub use ") else { continue };
        let Some((module, names)) = path.split_once("::") else { continue };
        for name in names.split(|c: char| !c.is_alphanumeric() && c != '_') {
            exports.insert(name.to_owned(), module.to_owned());
        }
    }
    Ok(exports)
}

/// The modules of a cycle, the first one at both ends; empty if there is none.
fn find_cycle(uses: &Uses) -> Vec<String> {
    let way =
        |module: &String| path_back(uses, module, &mut vec![module.clone()], &mut BTreeSet::new());
    uses.keys().find_map(way).unwrap_or_default()
}

/// `path` and a way from its end to `goal` through modules that nobody has `been` to.
fn path_back(
    uses: &Uses,
    goal: &str,
    path: &mut Vec<String>,
    been: &mut BTreeSet<String>,
) -> Option<Vec<String>> {
    let here = path.last()?.clone();
    for next in uses.get(&here)? {
        if next == goal {
            return Some([&path[..], &[goal.to_owned()]].concat());
        }
        if !uses.contains_key(next) || !been.insert(next.clone()) {
            continue;
        }
        path.push(next.clone());
        if let Some(found) = path_back(uses, goal, path, been) {
            return Some(found);
        }
        path.pop();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(pairs: &[(&str, &[&str])]) -> Uses {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        pairs.iter().map(|(module, names)| ((*module).to_owned(), set(names))).collect()
    }

    #[test]
    fn a_cycle_is_found_and_a_tree_is_none() {
        let tree = uses(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &[])]);
        assert!(find_cycle(&tree).is_empty());
        let cycle = uses(&[("a", &["b"]), ("b", &["c"]), ("c", &["d", "b"])]);
        assert_eq!(find_cycle(&cycle), ["b", "c", "b"]);
    }

    #[test]
    fn names_are_found_in_lists_and_not_in_comments() {
        let code = code("use crate::{ops, stem::Stem};\n// crate::no\nfn f() { crate::yes::g() }");
        assert_eq!(named(&code), ["ops", "stem", "yes"].map(str::to_owned).into());
    }
}
