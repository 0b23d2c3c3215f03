//! The whole page, and its file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use maud::{DOCTYPE, Markup, PreEscaped, html};
use thiserror::Error;

use crate::block::Section;

/// Nothing but the file itself: no script, no font, no picture from elsewhere.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

const STYLE: &str = include_str!("style.css");

/// A report cannot be written.
#[derive(Debug, Error)]
#[error("{}: cannot write the report: {source}", path.display())]
pub struct ReportError {
    /// The file.
    pub path: PathBuf,
    /// Why not.
    pub source: io::Error,
}

/// A page of sections.
#[derive(Debug, Clone)]
pub struct Report {
    title: String,
    subtitle: Option<String>,
    sections: Vec<Section>,
}

impl Report {
    /// A page without sections.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), subtitle: None, sections: Vec::new() }
    }

    /// The page with a line beneath its title.
    #[must_use]
    pub fn with_subtitle(self, subtitle: impl Into<String>) -> Self {
        Self { subtitle: Some(subtitle.into()), ..self }
    }

    /// Adds a section.
    pub fn push(&mut self, section: Section) {
        self.sections.push(section);
    }

    /// The text of the file.
    #[must_use]
    pub fn to_html(&self) -> String {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(POLICY);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) }
                    style { (PreEscaped(STYLE)) }
                }
                body { (self.body()) }
            }
        };
        page.into_string()
    }

    fn body(&self) -> Markup {
        html! {
            header {
                h1 { (self.title) }
                @if let Some(subtitle) = &self.subtitle { p { (subtitle) } }
            }
            @if self.sections.len() > 2 {
                nav aria-label="Sections" { ul {
                    @for (number, section) in self.sections.iter().enumerate() {
                        li { a href={ "#section-" (number) } { (section.title) } }
                    }
                } }
            }
            main {
                @for (number, section) in self.sections.iter().enumerate() {
                    (section.render(&format!("section-{number}")))
                }
            }
        }
    }

    /// Writes the file, whole or not at all: an older one stays until the new one is on the disk.
    ///
    /// # Errors
    /// [`ReportError`] if the folder cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), ReportError> {
        let failed = |source| ReportError { path: path.to_owned(), source };
        fs::create_dir_all(path.parent().unwrap_or(Path::new(""))).map_err(failed)?;
        resnet_files::replace(path, self.to_html().as_bytes()).map_err(failed)
    }
}
