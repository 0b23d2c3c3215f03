//! A part of a picture.

use std::ops::Range;

use crate::error::{Error, Result};

/// A rectangle of a picture, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// First row.
    pub top: usize,
    /// First column.
    pub left: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl Region {
    /// The whole of a picture.
    #[must_use]
    pub fn whole(height: usize, width: usize) -> Self {
        Self { top: 0, left: 0, height, width }
    }

    pub(crate) fn rows(&self) -> Range<usize> {
        self.top..self.top + self.height
    }

    pub(crate) fn columns(&self) -> Range<usize> {
        self.left..self.left + self.width
    }

    /// Checks that the region has pixels, all of them inside a picture.
    pub(crate) fn check(&self, height: usize, width: usize) -> Result<()> {
        let inside = |start: usize, len: usize, extent: usize| {
            len > 0 && start.checked_add(len).is_some_and(|end| end <= extent)
        };
        if inside(self.top, self.height, height) && inside(self.left, self.width, width) {
            return Ok(());
        }
        Err(Error::NoSuchRegion { region: *self, width, height })
    }
}
