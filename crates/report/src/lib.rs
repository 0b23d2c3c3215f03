//! One static HTML file about a training run or an evaluation.
//!
//! It opens from the disk, asks no network for anything (a content security policy forbids it), has no
//! script, reads well in light and dark, on a desktop and on a phone, and by a screen reader: charts
//! are inline SVG with a description and their values as a table, pictures are within the file.
//!
//! A [`Report`] is a list of [`Section`]s, a section a list of [`Block`]s: text, tables, [`Chart`]s,
//! pictures. [`sections`] makes the usual ones from what `resnet-metrics` computes.
//!
//! ```
//! use resnet_metrics::Scored;
//! use resnet_report::{Report, Section, Tile, sections};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let scored = Scored::new(&[0.9, 0.8, 0.3, 0.1], &[true, false, true, false])?;
//! let mut report = Report::new("Pneumonia, ResNet-18");
//! report.push(sections::headline("624 X-rays", [Tile::new("AUROC", "0.750")]));
//! report.push(Section::new("Curves").with(sections::roc_chart(&[("test", &scored)], None)));
//! let folder = tempfile::tempdir()?;
//! report.write(&folder.path().join("report.html"))?;
//! # Ok(())
//! # }
//! ```
//!
//! All text is escaped: a class named `<b>` reads `<b>`.

#![warn(missing_docs)]

mod block;
mod chart;
mod csv;
mod matrix;
mod numbers;
mod page;
mod picture;
pub mod sections;
mod table;

pub use block::{Block, Section, Tile};
pub use chart::{Axis, Chart, Mark, Scale, Series};
pub use csv::csv_line;
pub use matrix::Matrix;
pub use numbers::{grouped, ranged, rounded};
pub use page::{Report, ReportError};
pub use picture::{Figure, Picture, UnknownPicture};
pub use table::{Cell, Table};
