//! The answer on standard output, for people or for programs.

use anyhow::Result;
use serde_json::Value;

use crate::stdout::say;

/// Where the answer goes.
pub(crate) struct Answer {
    json: bool,
}

impl Answer {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Says all there is to say, as `text` or as `json`.
    pub(crate) fn give(
        &self,
        text: impl FnOnce() -> String,
        json: impl FnOnce() -> Value,
    ) -> Result<()> {
        let said = if self.json { format!("{:#}", json()) } else { text() };
        say(said.trim_end())
    }
}

/// Rows of cells in columns: the first `words` columns to the left, the others, numbers, to the right.
pub(crate) fn table(rows: &[Vec<String>], words: usize) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
            if column < words { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        text += cells.collect::<Vec<_>>().join("  ").trim_end();
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text
}
