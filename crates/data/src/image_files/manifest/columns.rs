//! The columns of a manifest.

use std::borrow::Cow;
use std::path::{Component, Path};

use crate::image_files::folder::has_image_extension;
use crate::labels::{self, Policies};

/// Columns that are asked for by name, besides those of every manifest.
#[derive(Clone, Copy, Default)]
pub(crate) struct Wanted<'a> {
    /// The one that names groups, if not `group`; it must be there.
    pub(crate) group: Option<&'a str>,
    /// Others, which must be there.
    pub(crate) further: &'a [String],
    /// Those of several labels in place of `label`, of which any number may be true of an image.
    pub(crate) labels: &'a [String],
    /// What those are taken for that say neither yes nor no.
    pub(crate) policies: Policies,
}

/// Which columns are used, from 0.
pub(super) struct Columns {
    path: usize,
    label: LabelColumns,
    split: Option<usize>,
    pub(super) group: Option<usize>,
    pub(super) weight: Option<usize>,
    further: Vec<usize>,
}

/// Where the label stands.
enum LabelColumns {
    One(usize),
    /// The name of each label and its column.
    Several(Vec<(String, usize)>, Policies),
}

impl Columns {
    pub(super) fn of(header: &[String], wanted: &Wanted<'_>) -> Result<Self, String> {
        let column = |name: &str| column(header, name);
        let asked_for = |name: &str| asked_for(header, name);
        Ok(Self {
            path: required(header, "path")?,
            label: match wanted.labels {
                [] => LabelColumns::One(required(header, "label")?),
                names => {
                    labels::check_names(names)?;
                    let column = |name: &String| Ok((name.clone(), asked_for(name)?));
                    let columns = names.iter().map(column).collect::<Result<_, String>>()?;
                    LabelColumns::Several(columns, wanted.policies)
                }
            },
            split: column("split")?,
            group: wanted
                .group
                .map_or_else(|| column("group"), |name| asked_for(name).map(Some))?,
            weight: column("weight")?,
            further: wanted.further.iter().map(|name| asked_for(name)).collect::<Result<_, _>>()?,
        })
    }

    pub(super) fn path<'a>(&self, fields: &'a [String]) -> Result<&'a str, String> {
        let path = field(fields, self.path, "path")?;
        let inside = Path::new(path)
            .components()
            .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        match inside {
            true => Ok(path),
            false => {
                Err(format!("{path:?} leads out of the manifest's folder: list images below it"))
            }
        }
    }

    /// The class: the label, or the set of those that are true or unknown.
    pub(super) fn label<'a>(&self, fields: &'a [String]) -> Result<Cow<'a, str>, String> {
        match &self.label {
            LabelColumns::One(column) => field(fields, *column, "label").map(Cow::Borrowed),
            LabelColumns::Several(columns, policies) => {
                let mut found = Vec::with_capacity(columns.len());
                for (name, column) in columns {
                    let place = || format!("column {} ({name})", column + 1);
                    let text = fields.get(*column);
                    let text = text.ok_or_else(|| format!("{} is missing: fill it in", place()))?;
                    let truth = policies
                        .truth(text)
                        .map_err(|remedy| format!("{} says {text:?}: {remedy}", place()))?;
                    found.push((name.as_str(), truth));
                }
                Ok(Cow::Owned(labels::name_of_set(found)))
            }
        }
    }

    pub(super) fn split<'a>(&self, fields: &'a [String]) -> Result<Option<&'a str>, String> {
        self.split.map(|column| field(fields, column, "split")).transpose()
    }

    /// An image without a group is a group of its own.
    pub(super) fn group<'a>(&self, fields: &'a [String]) -> Option<&'a str> {
        field(fields, self.group?, "group").ok()
    }

    /// The words of the further columns; none where a field is empty.
    pub(super) fn further<'a>(
        &self,
        fields: &'a [String],
    ) -> impl Iterator<Item = Option<&'a str>> {
        self.further.iter().map(|&column| field(fields, column, "").ok())
    }

    pub(super) fn weight(&self, fields: &[String]) -> Result<f32, String> {
        let Some(column) = self.weight else { return Ok(1.0) };
        let text = field(fields, column, "weight")?;
        let weight = text.trim().parse().ok();
        weight.filter(|weight: &f32| weight.is_finite() && *weight >= 0.0).ok_or_else(|| {
            format!("the weight {text:?} must be a number of at least 0, such as 1 or 0.5")
        })
    }
}

/// The number of a column, if there is one of this name.
fn column(header: &[String], name: &str) -> Result<Option<usize>, String> {
    let mut found = (0..).zip(header).filter(|(_, column)| column.trim() == name);
    match (found.next(), found.next()) {
        (Some(_), Some(_)) => Err(format!("two columns {name:?}: rename one")),
        (first, _) => Ok(first.map(|(number, _)| number)),
    }
}

/// One without which a table is no manifest.
fn required(header: &[String], name: &str) -> Result<usize, String> {
    column(header, name)?.ok_or_else(|| {
        let found = header.join(", ");
        let remedy = match header.iter().any(|field| is_path_of_image(field)) {
            true => "add a header line path,label",
            false => "call the columns path and label in this first line",
        };
        format!("there is no column {name:?} among {found}: {remedy}, or name the columns of several labels")
    })
}

/// Whether this is no name of a column: the first line lists an image already.
fn is_path_of_image(field: &str) -> bool {
    field.contains(['/', '\\']) || has_image_extension(field)
}

/// One that the caller names.
fn asked_for(header: &[String], name: &str) -> Result<usize, String> {
    column(header, name)?.ok_or_else(|| {
        let found = header.join(", ");
        format!("there is no column {name:?}: name one of {found}, or add it")
    })
}

fn field<'a>(fields: &'a [String], column: usize, name: &str) -> Result<&'a str, String> {
    let field = fields.get(column).map(|field| field.trim()).filter(|field| !field.is_empty());
    field.ok_or_else(|| format!("column {} ({name}) is empty or missing: fill it in", column + 1))
}

/// The fields of a line; one in quotes may hold the separator, and a quote as two.
pub(super) fn fields(line: &str, separator: char) -> Result<Vec<String>, String> {
    let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' if quoted || field.is_empty() => quoted = !quoted,
            _ if character == separator && !quoted => fields.push(std::mem::take(&mut field)),
            _ => field.push(character),
        }
    }
    if quoted {
        return Err("a quote without its end: close it on this line".to_owned());
    }
    fields.push(field);
    Ok(fields)
}
