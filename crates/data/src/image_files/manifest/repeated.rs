//! Files that a manifest lists more than once.

use super::{Line, Manifest};

impl Manifest {
    /// Makes every line bad whose file an earlier line lists.
    pub(super) fn refuse_repeated(&mut self) {
        let mut order: Vec<usize> = (0..self.lines.len()).collect();
        order.sort_by(|&a, &b| self.lines[a].path.cmp(&self.lines[b].path));
        let same = order.chunk_by(|&a, &b| self.lines[a].path == self.lines[b].path);
        let mut repeated = vec![false; self.lines.len()];
        for lines in same.filter(|lines| lines.len() > 1) {
            // Equal paths keep the order of their lines.
            let first = &self.lines[lines[0]];
            for &line in &lines[1..] {
                let again = &self.lines[line];
                self.bad.push((again.number, self.listed_again(first, again)));
                repeated[line] = true;
            }
        }
        let mut repeated = repeated.into_iter();
        self.lines.retain(|_| !repeated.next().unwrap_or_default());
        self.bad.sort_by_key(|(line, _)| *line);
    }

    fn listed_again(&self, first: &Line, again: &Line) -> String {
        let (path, line) = (&again.path, first.number);
        match first.class == again.class {
            true => format!(
                "{path:?} is listed again, first in line {line}: remove one of the lines (a column \
                 \"weight\" draws an image more often)"
            ),
            false => format!(
                "{path:?} has the label {:?} here and {:?} in line {line}: remove the wrong line",
                self.classes.names[again.class as usize], self.classes.names[first.class as usize],
            ),
        }
    }
}
