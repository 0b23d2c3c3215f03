//! Charts as SVG.

use maud::{Markup, html};

use super::paper::{BOTTOM, HEIGHT, LEFT, Paper, RIGHT, TOP, WIDTH};
use super::{Chart, Mark, Series};
use crate::numbers::rounded;

/// Lines differ by colour and dashes; more of them repeat.
const STYLES: usize = 6;

/// Up to so many values, a chart's values are told as a table too.
const MOST_TOLD: usize = 200;

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
        let paper = Paper::of(self);
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
