//! `docs/recipes.md` has a row for every key and choice that there is, and for nothing else.

use std::collections::{BTreeMap, BTreeSet};

use resnet_recipe::{RecipeError, presets};
use toml::{Table, Value};

const PAGE: &str = include_str!("../../../../docs/recipes.md");
/// What no section and no choice has.
const NOTHING: &str = "zzz";
/// A list of choices: its items cannot be reached by keys.
const LIST: &str = "data.augment";

/// What stands at a place of a recipe.
enum Kind {
    Section(&'static [&'static str]),
    Choice(&'static [&'static str]),
    Value,
}

/// The override that puts something unknown at `path`.
fn probe(path: &str) -> String {
    let items = path.strip_prefix(LIST);
    let Some(items) = items else { return format!("{path}.{NOTHING}=1") };
    let names: Vec<&str> = items.split('.').filter(|name| !name.is_empty()).collect();
    let open: String = names.iter().map(|name| format!("{name} = {{ ")).collect();
    format!("{LIST}=[{{ {open}{NOTHING} = 1{} }}]", " }".repeat(names.len()))
}

/// The refusal of something unknown says what is known.
fn kind(path: &str) -> Kind {
    let probe = if path.is_empty() { format!("{NOTHING}=1") } else { probe(path) };
    match presets::tutorial().with_overrides(&[&probe]).expect_err(&probe) {
        RecipeError::UnknownKey { known, .. } => Kind::Section(known),
        RecipeError::UnknownChoice { known, .. } => Kind::Choice(known),
        _ => Kind::Value,
    }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Adds the keys and choices at and below `path`.
fn walk(path: &str, keys: &mut BTreeSet<String>) {
    match kind(path) {
        Kind::Section(names) => names.iter().for_each(|name| walk(&joined(path, name), keys)),
        Kind::Value => drop(keys.insert(path.to_owned())),
        Kind::Choice(names) => {
            keys.insert(path.to_owned());
            for name in names {
                let choice = joined(path, name);
                walk(&choice, keys);
                keys.insert(choice);
            }
        }
    }
}

/// Value and meaning of each key on the page.
fn rows() -> BTreeMap<&'static str, (&'static str, &'static str)> {
    let (_, keys) = PAGE.split_once("\n## `[model]`\n").expect("the first section of keys");
    let rows = keys.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| {
        let (key, rest) = row.split_once("` | ").expect(row);
        let (value, meaning) = rest.split_once("| ").expect(row);
        (key, (value.trim().trim_matches('`'), meaning.trim_end_matches('|').trim()))
    })
    .collect()
}

#[test]
fn every_key_and_choice_has_a_row_with_its_meaning_and_no_row_is_left_over() {
    let mut keys = BTreeSet::new();
    walk("", &mut keys);
    assert!(keys.contains("data.augment.rotation.sampling.bilinear"), "{keys:?}");
    assert!(keys.len() > 150, "only {} keys", keys.len());
    let rows = rows();
    let missing: Vec<_> = keys.iter().filter(|key| !rows.contains_key(key.as_str())).collect();
    assert!(missing.is_empty(), "docs/recipes.md has no row for {missing:?}");
    let unknown: Vec<_> = rows.keys().filter(|key| !keys.contains(**key)).collect();
    assert!(unknown.is_empty(), "docs/recipes.md has rows for what does not exist: {unknown:?}");
    assert!(rows.values().all(|(_, meaning)| meaning.len() > 3));
}

#[test]
fn the_values_on_the_page_are_those_of_the_tutorial() {
    let recipe: Table = toml::from_str(&presets::tutorial().to_toml()).expect("TOML");
    for (key, (shown, _)) in rows() {
        let mut value = Some(Value::Table(recipe.clone()));
        for name in key.split('.') {
            value = value.and_then(|value| value.get(name).cloned());
        }
        let expected = match value {
            None => String::new(),
            Some(Value::String(text)) => text,
            // Of a choice with keys the name is shown, and nothing where the keys are.
            Some(Value::Table(table)) if table.len() == 1 => table.keys().cloned().collect(),
            Some(Value::Table(_)) => String::new(),
            Some(Value::Array(items)) if key == LIST => {
                let names = items.iter().filter_map(Value::as_table).flat_map(Table::keys);
                names.cloned().collect::<Vec<_>>().join(", ")
            }
            Some(other) => other.to_string(),
        };
        assert_eq!(shown, expected, "{key}");
    }
}
