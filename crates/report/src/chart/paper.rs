//! Where on the paper lines and marks lie.

use maud::{Markup, html};

use super::axis::Placed;
use super::thin::thin;
use super::{Chart, Mark, Series};

/// The paper: small, so that its text is still large on a phone.
pub(super) const WIDTH: f64 = 420.0;
pub(super) const HEIGHT: f64 = 280.0;
pub(super) const LEFT: f64 = 56.0;
pub(super) const RIGHT: f64 = 12.0;
pub(super) const TOP: f64 = 10.0;
pub(super) const BOTTOM: f64 = 42.0;

/// Both axes, laid on the paper.
pub(super) struct Paper {
    x: Placed,
    y: Placed,
}

impl Paper {
    /// With axes for all points and marks of a chart.
    pub(super) fn of(chart: &Chart) -> Self {
        let all = || {
            let points = chart.series.iter().flat_map(|series| series.points.iter().copied());
            points.chain(chart.marks.iter().map(|mark| mark.at))
        };
        Self {
            x: chart.x.place(all().map(|point| point.0), LEFT, WIDTH - RIGHT),
            y: chart.y.place(all().map(|point| point.1), HEIGHT - BOTTOM, TOP),
        }
    }

    pub(super) fn grid(&self) -> Markup {
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        let x_ticks =
            self.x.ticks(6).into_iter().filter_map(|(at, text)| Some((self.x.at(at)?, text)));
        let y_ticks =
            self.y.ticks(5).into_iter().filter_map(|(at, text)| Some((self.y.at(at)?, text)));
        html! {
            @for (y, text) in y_ticks {
                line class="grid" x1=(LEFT) x2=(right) y1=(short(y)) y2=(short(y)) {}
                text x=(LEFT - 5.0) y=(short(y + 4.0)) text-anchor="end" { (text) }
            }
            @for (x, text) in x_ticks {
                line class="grid" x1=(short(x)) x2=(short(x)) y1=(TOP) y2=(bottom) {}
                text x=(short(x)) y=(bottom + 15.0) text-anchor="middle" { (text) }
            }
            line class="axis" x1=(LEFT) x2=(right) y1=(bottom) y2=(bottom) {}
            line class="axis" x1=(LEFT) x2=(LEFT) y1=(TOP) y2=(bottom) {}
        }
    }

    pub(super) fn line(&self, series: &Series, style: usize) -> Markup {
        let place = |&(x, y): &(f64, f64)| Some((self.x.at(x)?, self.y.at(y)?));
        let placed: Vec<Option<(f64, f64)>> = series.points.iter().map(place).collect();
        let parts = placed.split(Option::is_none);
        let parts: Vec<Vec<(f64, f64)>> =
            parts.map(|part| thin(&part.iter().flatten().copied().collect::<Vec<_>>())).collect();
        // A part of one point would be invisible.
        let dotted = |part: &&Vec<(f64, f64)>| series.dots || part.len() == 1;
        html! {
            path class=(format!("line c{style}")) d=(path(&parts)) {}
            @for (x, y) in parts.iter().filter(dotted).flatten() {
                circle class=(format!("dot c{style}")) cx=(short(*x)) cy=(short(*y)) r="3.5" {}
            }
        }
    }

    pub(super) fn mark(&self, mark: &Mark) -> Markup {
        let place = self.x.at(mark.at.0).zip(self.y.at(mark.at.1));
        html! {
            @if let Some((x, y)) = place {
                // To the left of the point where there is no room to its right.
                @let left = x > WIDTH * 0.6;
                circle class="mark" cx=(short(x)) cy=(short(y)) r="4.5" {}
                text class="mark" x=(short(if left { x - 9.0 } else { x + 9.0 })) y=(short(y + 14.0))
                    text-anchor=(if left { "end" } else { "start" }) { (mark.name) }
            }
        }
    }
}

/// The path through the points of each part.
fn path(parts: &[Vec<(f64, f64)>]) -> String {
    let mut path = String::new();
    for part in parts {
        for (number, (x, y)) in part.iter().enumerate() {
            let command = if number == 0 { 'M' } else { 'L' };
            path += &format!("{command}{} {}", short(*x), short(*y));
        }
    }
    path
}

/// A tenth of a pixel is as fine as can be seen.
fn short(pixel: f64) -> String {
    let text = format!("{pixel:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}
