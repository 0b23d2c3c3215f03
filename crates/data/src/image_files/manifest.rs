//! A CSV or TSV file that lists images.

use std::path::{Component, Path};

use super::{ImageFiles, ImageFilesError};

/// Which columns are used.
struct Columns {
    path: usize,
    label: usize,
    split: Option<usize>,
}

/// A line: its path and label, and whether it is of the wanted split.
struct Line {
    path: String,
    label: String,
    wanted: bool,
}

pub(super) fn open(file: &Path, split: Option<&str>) -> Result<ImageFiles, ImageFilesError> {
    let text = std::fs::read_to_string(file).map_err(ImageFilesError::io("read", file))?;
    let lines = lines(&text, split).map_err(|(line, problem)| ImageFilesError::Manifest {
        path: file.to_owned(),
        line,
        problem,
    })?;
    let mut classes: Vec<String> = lines.iter().map(|line| line.label.clone()).collect();
    classes.sort();
    classes.dedup();
    let root = file.parent().unwrap_or(Path::new("")).to_owned();
    let mut files = ImageFiles::new(root, classes);
    for line in lines.iter().filter(|line| line.wanted) {
        let class = files.classes.binary_search(&line.label).unwrap_or_default();
        files.push(&line.path, u32::try_from(class).unwrap_or(u32::MAX))?;
    }
    Ok(files)
}

/// All lines, or the number of the first bad one and what is wrong with it.
fn lines(text: &str, split: Option<&str>) -> Result<Vec<Line>, (usize, String)> {
    let mut numbered = (1..).zip(text.trim_start_matches('\u{feff}').lines());
    let (_, header) = numbered.next().ok_or((1, "an empty file".to_owned()))?;
    let separator = if header.contains('\t') { '\t' } else { ',' };
    let columns = Columns::of(&fields(header, separator).map_err(|e| (1, e))?, split)
        .map_err(|problem| (1, problem))?;
    let mut lines = Vec::new();
    for (number, line) in numbered.filter(|(_, line)| !line.is_empty()) {
        let fields = fields(line, separator).map_err(|problem| (number, problem))?;
        lines.push(columns.line(&fields, split).map_err(|problem| (number, problem))?);
    }
    match lines.iter().any(|line| line.wanted) {
        true => Ok(lines),
        false => Err((1, "no line is of the wanted split: check the name of the split".to_owned())),
    }
}

impl Columns {
    fn of(header: &[String], split: Option<&str>) -> Result<Self, String> {
        let column = |name: &str| header.iter().position(|column| column.trim() == name);
        let required = |name: &str| {
            let found = header.join(", ");
            column(name).ok_or_else(|| {
                format!("there is no column {name:?} among {found}: add a header line path,label")
            })
        };
        if split.is_some() {
            required("split")?;
        }
        Ok(Self { path: required("path")?, label: required("label")?, split: column("split") })
    }

    fn line(&self, fields: &[String], split: Option<&str>) -> Result<Line, String> {
        let field = |column: usize| {
            let field = fields.get(column).filter(|field| !field.is_empty());
            field.ok_or_else(|| format!("column {} is empty or missing", column + 1))
        };
        let (path, label) = (field(self.path)?, field(self.label)?);
        let inside = Path::new(path)
            .components()
            .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if !inside {
            return Err(format!(
                "{path:?} leads out of the manifest's folder: list images below it"
            ));
        }
        let of_split = match (split, self.split) {
            (Some(wanted), Some(column)) => field(column)? == wanted,
            _ => true,
        };
        Ok(Line { path: path.clone(), label: label.clone(), wanted: of_split })
    }
}

/// The fields of a line; one in quotes may hold the separator, and a quote as two.
fn fields(line: &str, separator: char) -> Result<Vec<String>, String> {
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
        return Err("a quote without its end: fields of several lines are not read".to_owned());
    }
    fields.push(field);
    Ok(fields)
}
