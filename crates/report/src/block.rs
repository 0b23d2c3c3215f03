//! What a report is built of.

use maud::{Markup, html};

use crate::chart::Chart;
use crate::matrix::Matrix;
use crate::picture::Figure;
use crate::table::Table;

/// A part of a report under a heading of its own.
#[derive(Debug, Clone)]
pub struct Section {
    pub(crate) title: String,
    blocks: Vec<Block>,
}

/// Something within a section.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Block {
    /// A paragraph.
    Text(String),
    /// A paragraph that must not be missed.
    Notice(String),
    /// Points of a list.
    List(Vec<String>),
    /// Large numbers side by side.
    Tiles(Vec<Tile>),
    /// Names and what they stand for.
    Facts(Vec<(String, String)>),
    /// Rows and columns.
    Table(Table),
    /// Text as it is in a file, folded under a title.
    Code {
        /// What it is.
        title: String,
        /// The text.
        text: String,
    },
    /// Charts, side by side where there is room.
    Charts(Vec<Chart>),
    /// A confusion matrix.
    Matrix(Matrix),
    /// Pictures with captions.
    Gallery(Vec<Figure>),
}

/// A number that stands out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    label: String,
    value: String,
    note: Option<String>,
}

impl Section {
    /// A section without content.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), blocks: Vec::new() }
    }

    /// Adds a block.
    pub fn push(&mut self, block: impl Into<Block>) {
        self.blocks.push(block.into());
    }

    /// The section with another block.
    #[must_use]
    pub fn with(mut self, block: impl Into<Block>) -> Self {
        self.push(block);
        self
    }

    pub(crate) fn render(&self, id: &str) -> Markup {
        html! {
            section id=(id) aria-labelledby={ (id) "-title" } {
                h2 id={ (id) "-title" } { (self.title) }
                @for (number, block) in self.blocks.iter().enumerate() {
                    (block.render(&format!("{id}-{number}")))
                }
            }
        }
    }
}

impl Tile {
    /// A number, already written out, and what it is.
    #[must_use]
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), note: None }
    }

    /// The tile with a few words beneath: the interval, say.
    #[must_use]
    pub fn with_note(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }

    fn render(&self) -> Markup {
        html! {
            div class="tile" {
                dt { (self.label) }
                dd class="value" { (self.value) }
                @if let Some(note) = &self.note { dd class="note" { (note) } }
            }
        }
    }
}

impl Block {
    fn render(&self, id: &str) -> Markup {
        html! {
            @match self {
                Self::Text(text) => p { (text) },
                Self::Notice(text) => p class="notice" role="note" { (text) },
                Self::List(points) => ul { @for point in points { li { (point) } } },
                Self::Tiles(tiles) => dl class="tiles" { @for tile in tiles { (tile.render()) } },
                Self::Facts(facts) => dl class="facts" {
                    @for (name, value) in facts { div { dt { (name) } dd { (value) } } }
                },
                Self::Table(table) => (table.render()),
                Self::Code { title, text } => details { summary { (title) } pre { code { (text) } } },
                Self::Charts(charts) => div class="charts" {
                    @for (number, chart) in charts.iter().enumerate() {
                        (chart.render(&format!("{id}-{number}")))
                    }
                },
                Self::Matrix(matrix) => (matrix.render()),
                Self::Gallery(figures) => div class="gallery" {
                    @for figure in figures { (figure.render()) }
                },
            }
        }
    }
}

impl From<Table> for Block {
    fn from(table: Table) -> Self {
        Self::Table(table)
    }
}

impl From<Chart> for Block {
    fn from(chart: Chart) -> Self {
        Self::Charts(vec![chart])
    }
}

impl From<Vec<Chart>> for Block {
    fn from(charts: Vec<Chart>) -> Self {
        Self::Charts(charts)
    }
}

impl From<Matrix> for Block {
    fn from(matrix: Matrix) -> Self {
        Self::Matrix(matrix)
    }
}

impl From<Vec<Figure>> for Block {
    fn from(figures: Vec<Figure>) -> Self {
        Self::Gallery(figures)
    }
}
