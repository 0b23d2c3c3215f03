//! Copies pixels into the layout that the inner loops read, padding included.

use std::ops::Range;

use super::geometry::{Grid, Tap};

/// The tensor that pixels are read from: `[images, channels, h, w]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) channels: usize,
    pub(crate) size: [usize; 2],
}

impl Source<'_> {
    fn plane(&self) -> usize {
        self.size[0] * self.size[1]
    }
}

/// `rows` rows of pixels, cut into slivers of `width` pixels: `[slivers, rows, width]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Panel {
    pub(crate) rows: usize,
    pub(crate) width: usize,
}

/// Neighbours in a row of the source that stay neighbours in a sliver; `length` 0 of the source
/// means zeros.
#[derive(Debug, Clone, Copy)]
struct Run {
    from: Option<usize>,
    to: usize,
    length: usize,
}

/// Finds and copies the pixels of a grid; keeps its memory between calls.
#[derive(Debug, Default)]
pub(crate) struct Gatherer {
    runs: Vec<Run>,
}

impl Gatherer {
    /// Writes the pixels `pixels` (counted through all images) that `tap` sees in `channels` to
    /// rows `row..` of `panel`. Pixels up to the end of the last sliver become zero.
    #[inline(always)]
    pub(crate) fn gather(
        &mut self,
        (source, grid, tap): (&Source<'_>, &Grid, &Tap),
        pixels: Range<usize>,
        channels: Range<usize>,
        (panel, row): (Panel, usize),
        to: &mut [f32],
    ) {
        self.find(source, grid, tap, pixels, panel);
        let (plane, step) = (source.plane(), grid.gather[1]);
        for (row, channel) in (row..).zip(channels) {
            let values = &source.values[channel * plane..];
            for run in &self.runs {
                let to = &mut to[run.to + row * panel.width..][..run.length];
                match run.from {
                    None => to.fill(0.0),
                    Some(from) => copy(&values[from..], step, to),
                }
            }
        }
    }

    #[inline(always)]
    fn find(
        &mut self,
        source: &Source<'_>,
        grid: &Grid,
        tap: &Tap,
        pixels: Range<usize>,
        panel: Panel,
    ) {
        self.runs.clear();
        let [height, width] = grid.size;
        let count = pixels.len();
        let mut done = 0;
        while done < count {
            let pixel = pixels.start + done;
            let (line, x) = (pixel / width, pixel % width);
            let (image, y) = (line / height, line % height);
            let length = (width - x).min(count - done);
            let row = (y * grid.gather[0]) as isize + tap.offset[0];
            let start = image * source.channels * source.plane();
            self.line(
                source,
                start,
                row,
                (tap.offset[1], grid.gather[1]),
                x..x + length,
                (done, panel),
            );
            done += length;
        }
        self.push(None, done, done.next_multiple_of(panel.width) - done, (panel, 1));
    }

    /// Pixels `columns` of one line of the grid, the first of them pixel `lane` of the panel.
    #[inline(always)]
    fn line(
        &mut self,
        source: &Source<'_>,
        start: usize,
        row: isize,
        (offset, step): (isize, usize),
        columns: Range<usize>,
        (lane, panel): (usize, Panel),
    ) {
        let [height, width] = source.size;
        let inside = if (0..height as isize).contains(&row) {
            inside(offset, step, width, &columns)
        } else {
            columns.end..columns.end
        };
        let (left, right) = (inside.start - columns.start, columns.end - inside.end);
        self.push(None, lane, left, (panel, step));
        if !inside.is_empty() {
            let column = (inside.start * step) as isize + offset;
            let from = start + row as usize * width + column as usize;
            self.push(Some(from), lane + left, inside.len(), (panel, step));
        }
        self.push(None, lane + left + inside.len(), right, (panel, step));
    }

    /// Adds a run of `length` pixels, cut where slivers end.
    #[inline(always)]
    fn push(
        &mut self,
        mut from: Option<usize>,
        mut lane: usize,
        mut length: usize,
        (panel, step): (Panel, usize),
    ) {
        while length > 0 {
            let in_sliver = lane % panel.width;
            let part = length.min(panel.width - in_sliver);
            let to = lane / panel.width * panel.rows * panel.width + in_sliver;
            self.runs.push(Run { from, to, length: part });
            from = from.map(|from| from + part * step);
            lane += part;
            length -= part;
        }
    }
}

/// The columns of a grid whose source column `column * step + offset` is one of `width`.
#[inline(always)]
fn inside(offset: isize, step: usize, width: usize, columns: &Range<usize>) -> Range<usize> {
    let at_or_after = |limit: isize| (limit - offset).max(0).cast_unsigned().div_ceil(step);
    let start = at_or_after(0).clamp(columns.start, columns.end);
    let end = at_or_after(width as isize).clamp(start, columns.end);
    start..end
}

/// Whole vectors first: a call of `memcpy` costs more than most of these copies.
#[inline(always)]
fn copy(from: &[f32], step: usize, to: &mut [f32]) {
    if step == 1 {
        let (vectors, rest) = to.as_chunks_mut::<16>();
        let (from, from_rest) = from[..vectors.len() * 16 + rest.len()].as_chunks::<16>();
        for (to, from) in vectors.iter_mut().zip(from) {
            *to = *from;
        }
        for (to, from) in rest.iter_mut().zip(from_rest) {
            *to = *from;
        }
    } else {
        for (to, from) in to.iter_mut().zip(from.iter().step_by(step)) {
            *to = *from;
        }
    }
}
