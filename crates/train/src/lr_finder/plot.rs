//! The curve as a picture.

use std::fmt::Write as _;

use super::{LrCurve, LrPoint};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 420.0;
/// Left, top, right and bottom.
const MARGINS: [f64; 4] = [60.0, 40.0, 20.0, 50.0];

const STYLE: &str = "svg{background:#fff;font:13px sans-serif}text{fill:#333}\
    .grid{stroke:#ddd}.loss{fill:none;stroke:#b9c6d8}.smoothed{fill:none;stroke:#1f5fa8;stroke-width:2}\
    .mark{stroke:#c0392b;stroke-dasharray:4 3}\
    @media(prefers-color-scheme: dark){svg{background:#161b22}text{fill:#ccc}.grid{stroke:#30363d}\
    .loss{stroke:#4a5568}.smoothed{stroke:#6ab0ff}.mark{stroke:#ff7b72}}";

/// Where values lie in the picture.
struct Axes {
    decades: (f64, f64),
    losses: (f64, f64),
}

impl Axes {
    fn of(points: &[LrPoint]) -> Option<Self> {
        let (first, last) = (points.first()?.lr.log10(), points.last()?.lr.log10());
        let smoothed = || points.iter().map(|point| point.smoothed);
        let low = smoothed().fold(f64::INFINITY, f64::min);
        let high = smoothed().fold(f64::NEG_INFINITY, f64::max);
        let room = 0.1 * (high - low).max(1e-6);
        let decades = (first, last.max(first + 1e-6));
        Some(Self { decades, losses: (low - room, high + room) })
    }

    fn x(&self, lr: f64) -> f64 {
        let [left, _, right, _] = MARGINS;
        let (low, high) = self.decades;
        left + (WIDTH - left - right) * (lr.log10() - low) / (high - low)
    }

    /// Values beyond the picture lie on its edge.
    fn y(&self, loss: f64) -> f64 {
        let [_, top, _, bottom] = MARGINS;
        let (low, high) = self.losses;
        let share = ((loss - low) / (high - low)).clamp(0.0, 1.0);
        HEIGHT - bottom - (HEIGHT - top - bottom) * share
    }

    /// A line through the points, of class `class`.
    fn line(&self, class: &str, points: &[LrPoint], value: fn(&LrPoint) -> f64) -> String {
        let place =
            |point: &LrPoint| format!("{:.1},{:.1}", self.x(point.lr), self.y(value(point)));
        let places: Vec<String> = points.iter().map(place).collect();
        format!("<polyline class=\"{class}\" points=\"{}\"/>\n", places.join(" "))
    }

    /// A line for each power of ten, and four for losses, with their values.
    fn grid(&self) -> String {
        let [left, top, right, bottom] = MARGINS;
        let mut grid = String::new();
        let (from, to) = (self.decades.0.ceil() as i32, self.decades.1.floor() as i32);
        for decade in from..=to {
            let (x, low) = (self.x(10_f64.powi(decade)), HEIGHT - bottom);
            let text = format!(
                "<line class=\"grid\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{top}\" y2=\"{low}\"/>\
                 <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">1e{decade}</text>\n",
                low + 18.0
            );
            grid += &text;
        }
        for quarter in 0..=4 {
            let (low, high) = self.losses;
            let loss = low + (high - low) * f64::from(quarter) / 4.0;
            let (y, end) = (self.y(loss), WIDTH - right);
            writeln!(
                grid,
                "<line class=\"grid\" x1=\"{left}\" x2=\"{end}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{loss:.2}</text>",
                left - 6.0,
                y + 4.0
            )
            .expect("a String takes all");
        }
        grid
    }

    /// A mark at the rate that is suggested.
    fn mark(&self, lr: f64) -> String {
        let [_, top, _, bottom] = MARGINS;
        let x = self.x(lr);
        format!(
            "<line class=\"mark\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{top}\" y2=\"{}\"/>\n",
            HEIGHT - bottom
        )
    }
}

pub(super) fn svg(curve: &LrCurve) -> String {
    let (axes, suggestion) = (Axes::of(&curve.points), curve.suggestion());
    let title = match (&axes, suggestion) {
        (None, _) => "There was no step with a finite loss".to_owned(),
        (_, Some(lr)) => format!(
            "The loss is lowest at {:.2e}; a tenth of it, {lr:.2e}, is a rate to begin with",
            10.0 * lr
        ),
        (_, None) => "The loss does not fall at any of these learning rates".to_owned(),
    };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         aria-label=\"{title}\">\n<style>{STYLE}</style>\n<text x=\"60\" y=\"22\">{title}</text>\n"
    );
    if let Some(axes) = axes {
        svg += &axes.grid();
        svg += &axes.line("loss", &curve.points, |point| point.loss);
        svg += &axes.line("smoothed", &curve.points, |point| point.smoothed);
        svg += &suggestion.map_or_else(String::new, |lr| axes.mark(lr));
    }
    svg + "<text x=\"390\" y=\"412\" text-anchor=\"middle\">learning rate</text>\n</svg>\n"
}
