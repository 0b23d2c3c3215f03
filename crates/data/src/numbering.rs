//! Images of several files, numbered through.

/// Which numbers the images of each file have.
#[derive(Debug)]
pub(crate) struct Numbering {
    /// The first number of each file, and at the end the number of all images.
    starts: Vec<usize>,
}

impl Numbering {
    /// For files with so many images each.
    pub(crate) fn new(counts: impl IntoIterator<Item = usize>) -> Self {
        let mut starts = vec![0];
        for count in counts {
            starts.push(starts[starts.len() - 1] + count);
        }
        Self { starts }
    }

    /// Number of images in all files.
    pub(crate) fn len(&self) -> usize {
        self.starts[self.starts.len() - 1]
    }

    /// The file that image `index` is in, and its number there.
    pub(crate) fn locate(&self, index: usize) -> (usize, usize) {
        let file = self.starts.partition_point(|&start| start <= index) - 1;
        (file, index - self.starts[file])
    }
}
