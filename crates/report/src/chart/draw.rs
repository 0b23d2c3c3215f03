//! Charts as SVG.

use maud::{Markup, html};

use super::axis::Placed;
use super::thin::thin;
use super::{Chart, Mark, Series};
use crate::numbers::rounded;

/// The paper: small, so that its text is still large on a phone.
const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 280.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 42.0;

/// Lines differ by colour and dashes; more of them repeat.
const STYLES: usize = 6;

/// Up to so many values, a chart's values are told as a table too.
const MOST_TOLD: usize = 200;

/// Both axes, laid on the paper.
struct Paper {
    x: Placed,
    y: Placed,
}

impl Chart {
    pub(crate) fn render(&self, id: &str) -> Markup {
        html! {
            figure class="chart" {
                h3 { (self.title) }
                @if self.needs_legend() { (self.legend()) }
                (self.svg(id))
                @if let Some(note) = &self.note { figcaption { (note) } }
                (self.values())
            }
        }
    }

    /// Not where the only line is what the title says.
    fn needs_legend(&self) -> bool {
        let is_title = |series: &Series| series.name.eq_ignore_ascii_case(&self.title);
        self.series.len() > 1 || !self.series.iter().all(is_title)
    }

    fn legend(&self) -> Markup {
        html! {
            ul class="legend" {
                @for (number, series) in self.series.iter().enumerate() {
                    li {
                        svg viewBox="0 0 30 10" aria-hidden="true" {
                            path class=(format!("line c{}", number % STYLES)) d="M0 5H30" {}
                        }
                        (series.name)
                    }
                }
            }
        }
    }

    fn svg(&self, id: &str) -> Markup {
        let paper = self.paper();
        html! {
            svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-labelledby={ (id) "-what" } {
                desc id={ (id) "-what" } { (self.in_words()) }
                (paper.grid())
                @if self.diagonal {
                    line class="diagonal" x1=(LEFT) y1=(HEIGHT - BOTTOM) x2=(WIDTH - RIGHT) y2=(TOP) {}
                }
                @for (number, series) in self.series.iter().enumerate() {
                    (paper.line(series, number % STYLES))
                }
                @for mark in &self.marks { (paper.mark(mark)) }
                (self.labels())
            }
        }
    }

    fn paper(&self) -> Paper {
        let all = || {
            let points = self.series.iter().flat_map(|series| series.points.iter().copied());
            points.chain(self.marks.iter().map(|mark| mark.at))
        };
        Paper {
            x: self.x.place(all().map(|point| point.0), LEFT, WIDTH - RIGHT),
            y: self.y.place(all().map(|point| point.1), HEIGHT - BOTTOM, TOP),
        }
    }

    fn labels(&self) -> Markup {
        let (middle, left) =
            (f64::midpoint(LEFT, WIDTH - RIGHT), f64::midpoint(TOP, HEIGHT - BOTTOM));
        html! {
            text x=(middle) y=(HEIGHT - 6.0) text-anchor="middle" { (self.x.label) }
            text transform=(format!("translate(11 {left}) rotate(-90)")) text-anchor="middle" {
                (self.y.label)
            }
        }
    }

    /// What a person would say about the chart to somebody who cannot see it.
    fn in_words(&self) -> String {
        let mut words = format!("{}: {} over {}.", self.title, self.y.label, self.x.label);
        for Series { name, points, .. } in &self.series {
            let ends = points.first().zip(points.last());
            if let Some((first, last)) = ends {
                let ends = [first.0, first.1, last.0, last.1].map(|end| rounded(Some(end)));
                let [x, y, to_x, to_y] = ends;
                words += &format!(" {name}: from {y} at {x} to {to_y} at {to_x}.");
            }
        }
        for Mark { name, at } in &self.marks {
            words += &format!(" {name}: {} at {}.", rounded(Some(at.1)), rounded(Some(at.0)));
        }
        words
    }

    fn values(&self) -> Markup {
        let count: usize = self.series.iter().map(|series| series.points.len()).sum();
        html! {
            @if (1..=MOST_TOLD).contains(&count) {
                details {
                    summary { "Values" }
                    @for series in &self.series { (self.table(series)) }
                }
            }
        }
    }

    fn table(&self, series: &Series) -> Markup {
        html! {
            table {
                caption { (series.name) }
                thead { tr {
                    th scope="col" class="number" { (self.x.label) }
                    th scope="col" class="number" { (self.y.label) }
                } }
                tbody {
                    @for &(x, y) in &series.points {
                        tr {
                            td class="number" { (rounded(Some(x))) }
                            td class="number" { (rounded(Some(y))) }
                        }
                    }
                }
            }
        }
    }
}

impl Paper {
    fn grid(&self) -> Markup {
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

    fn line(&self, series: &Series, style: usize) -> Markup {
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

    fn mark(&self, mark: &Mark) -> Markup {
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
