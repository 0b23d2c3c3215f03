//! Line charts.

mod axis;
mod draw;
mod paper;
mod thin;

pub use axis::{Axis, Scale};

/// Lines over two axes, drawn as SVG.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    pub(crate) title: String,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) series: Vec<Series>,
    pub(crate) marks: Vec<Mark>,
    pub(crate) diagonal: bool,
    pub(crate) note: Option<String>,
}

/// A line of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    pub(crate) name: String,
    /// In the order in which they are joined.
    pub(crate) points: Vec<(f64, f64)>,
    pub(crate) dots: bool,
}

/// A point of a chart with a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    pub(crate) name: String,
    pub(crate) at: (f64, f64),
}

impl Chart {
    /// A chart without lines.
    #[must_use]
    pub fn new(title: impl Into<String>, x: Axis, y: Axis) -> Self {
        let title = title.into();
        Self { title, x, y, series: Vec::new(), marks: Vec::new(), diagonal: false, note: None }
    }

    /// The chart with another line.
    #[must_use]
    pub fn with(mut self, series: Series) -> Self {
        self.series.push(series);
        self
    }

    /// The chart with a point that has a name.
    #[must_use]
    pub fn with_mark(mut self, mark: Mark) -> Self {
        self.marks.push(mark);
        self
    }

    /// The chart with a thin line from corner to corner: chance, or perfect calibration.
    #[must_use]
    pub fn with_diagonal(self) -> Self {
        Self { diagonal: true, ..self }
    }

    /// The chart with a sentence beneath.
    #[must_use]
    pub fn with_note(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }

    /// Whether there is nothing to draw.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.series.iter().all(|series| series.points.is_empty())
    }
}

impl Series {
    /// A line through `points`; where a coordinate is not finite, the line is broken. Of more points
    /// than can be seen, those that shape the line are drawn.
    #[must_use]
    pub fn new(name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self { name: name.into(), points: points.into_iter().collect(), dots: false }
    }

    /// The line with a dot at each point.
    #[must_use]
    pub fn with_dots(self) -> Self {
        Self { dots: true, ..self }
    }
}

impl Mark {
    /// A point with a name.
    #[must_use]
    pub fn new(name: impl Into<String>, at: (f64, f64)) -> Self {
        Self { name: name.into(), at }
    }
}
