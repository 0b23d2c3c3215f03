//! Rows and columns.

use maud::{Markup, html};

/// Columns that a phone has room for, beside each other.
const MOST_COLUMNS: usize = 4;

/// A table: the first cell of a row names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    caption: String,
    head: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    text: String,
    is_number: bool,
}

impl Cell {
    /// A number, already written out: set to the right.
    #[must_use]
    pub fn number(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_number: true }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self { text: text.into(), is_number: false }
    }
}

impl Table {
    /// A table without rows; `caption` says what it shows.
    #[must_use]
    pub fn new<S: Into<String>>(
        caption: impl Into<String>,
        head: impl IntoIterator<Item = S>,
    ) -> Self {
        let head = head.into_iter().map(Into::into).collect();
        Self { caption: caption.into(), head, rows: Vec::new() }
    }

    /// Adds a row, with as many cells as the head.
    pub fn push(&mut self, row: Vec<Cell>) {
        self.rows.push(row);
    }

    /// Whether a column holds numbers, so that its head is set to the right too.
    fn is_number(&self, column: usize) -> bool {
        let mut cells = self.rows.iter().filter_map(|row| row.get(column));
        cells.next().is_some_and(|cell| cell.is_number)
    }

    /// Whether the last column is text about numbers, which stands below them where there is no room.
    fn is_explained(&self) -> bool {
        let last = self.head.len().saturating_sub(1);
        last > 1 && !self.is_number(last) && (1..last).all(|column| self.is_number(column))
    }

    /// Whether there are more columns than a phone has room for: each row becomes a list there.
    fn is_wide(&self) -> bool {
        self.head.len() > MOST_COLUMNS && !self.is_explained()
    }

    /// How the table is laid out where there is no room.
    fn class(&self) -> Option<&'static str> {
        let wide = self.is_wide().then_some("listed");
        wide.or(self.is_explained().then_some("explained"))
    }

    /// What stands before a value in such a list.
    fn title(&self, column: usize) -> Option<&str> {
        self.head.get(column).filter(|_| self.is_wide()).map(String::as_str)
    }

    pub(crate) fn render(&self) -> Markup {
        let class = |is_number: bool| is_number.then_some("number");
        html! {
            // Wide tables scroll by themselves, by keyboard too, and leave the page where it is.
            div class="scroll" role="region" aria-label=(self.caption) tabindex="0" {
                table class=[self.class()] {
                    caption { span { (self.caption) } }
                    thead { tr {
                        @for (column, title) in self.head.iter().enumerate() {
                            th scope="col" class=[class(self.is_number(column))] { (title) }
                        }
                    } }
                    tbody {
                        @for row in &self.rows { tr {
                            @for (column, cell) in row.iter().enumerate() {
                                @if column == 0 {
                                    th scope="row" class=[class(cell.is_number)] { (cell.text) }
                                } @else {
                                    td class=[class(cell.is_number)] data-head=[self.title(column)] {
                                        (cell.text)
                                    }
                                }
                            }
                        } }
                    }
                }
            }
        }
    }
}
