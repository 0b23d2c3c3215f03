//! Changes of single keys, `section.key=value`.

use toml::{Table, Value};

use super::read::{Choices, read};
use super::{Recipe, RecipeError, layers};

impl Recipe {
    /// This recipe with other values for some keys, each written as `section.key=value`. The value
    /// is TOML; a bare word is a text. A choice is made by naming it.
    ///
    /// ```
    /// use resnet_recipe::presets;
    ///
    /// let changes = ["train.epochs=10", "schedule.decay=cosine", "data.crop.pad-crop.pad=4"];
    /// let recipe = presets::tutorial().with_overrides(&changes)?;
    /// assert_eq!(recipe.train.epochs, 10);
    ///
    /// let misspelt = presets::tutorial().with_overrides(&["train.epoch=10"]);
    /// assert!(misspelt.unwrap_err().to_string().contains("did you mean `epochs`?"));
    /// # Ok::<(), resnet_recipe::RecipeError>(())
    /// ```
    ///
    /// # Errors
    /// [`RecipeError`]: of a text without `=`, an unknown key (with the nearest known one), a value
    /// of the wrong type, or a recipe that makes no sense.
    pub fn with_overrides<S: AsRef<str>>(&self, overrides: &[S]) -> Result<Self, RecipeError> {
        let mut table = Table::try_from(self).expect("a recipe has only plain keys");
        let (_, choices) = read(table.clone())?;
        for text in overrides {
            let (path, value) = parse(text.as_ref())?;
            layers::make_way(&mut table, &path);
            put(&mut table, &path, value, &choices);
        }
        let (recipe, _) = read(table)?;
        recipe.check()?;
        Ok(recipe)
    }
}

fn parse(text: &str) -> Result<(Vec<&str>, Value), RecipeError> {
    let malformed = || RecipeError::Override { text: text.to_owned() };
    let (key, value) = text.split_once('=').ok_or_else(malformed)?;
    let path: Vec<&str> = key.split('.').map(str::trim).collect();
    if path.iter().any(|part| part.is_empty()) {
        return Err(malformed());
    }
    let value = value.trim();
    Ok((path, value.parse().unwrap_or_else(|_| Value::String(value.to_owned()))))
}

/// Sets the key `path`, making sections on the way.
fn put(root: &mut Table, path: &[&str], value: Value, choices: &Choices) {
    let (last, sections) = path.split_last().expect("a key has at least one part");
    let mut table = root;
    for (depth, section) in sections.iter().enumerate() {
        make_choice(table, &path[..depth], section, choices);
        let entry = table.entry(*section).or_insert_with(|| Value::Table(Table::new()));
        if !entry.is_table() {
            *entry = Value::Table(Table::new());
        }
        table = entry.as_table_mut().expect("just made one");
    }
    make_choice(table, sections, last, choices);
    table.insert((*last).to_owned(), value);
}

/// One choice takes the place of another.
fn make_choice(table: &mut Table, path: &[&str], name: &str, choices: &Choices) {
    if choices.contains(&path.join(".")) {
        table.retain(|other, _| other == name);
    }
}
