//! Which class the images of each class were taken for.

use burn::tensor::{Int, Tensor};
use resnet_data::{Batch, RgbImage};
use resnet_distributed::{CollectiveError, World};

/// With more classes nothing is counted: counts and picture have the square of their number, and no screen
/// shows so many cells.
const MOST_CLASSES: usize = 1000;

/// Side of the picture in pixels, if no class would get less than one.
const SIDE: usize = 320;

/// Counts answers, unless there are too many classes; those of a batch stay on the device until somebody asks.
pub(crate) struct Tally {
    classes: usize,
    /// Images by their class (rows) and the answer (columns).
    counts: Vec<f64>,
    /// The class of each image whose answer is on the device; `None` if it does not count.
    truth: Vec<Option<usize>>,
    answers: Vec<Tensor<1, Int>>,
}

impl Tally {
    pub(crate) fn new(classes: usize) -> Self {
        let classes = if classes > MOST_CLASSES { 0 } else { classes };
        let counts = vec![0.0; classes * classes];
        Self { classes, counts, truth: Vec::new(), answers: Vec::new() }
    }

    /// Whether no answer was counted.
    pub(crate) fn is_empty(&self) -> bool {
        self.counts.iter().all(|count| *count == 0.0)
    }

    /// Takes note of the classes of the images whose logits come next.
    pub(crate) fn expect(&mut self, batch: &Batch) {
        if self.classes == 0 {
            return;
        }
        let truth = |(label, weight): (&u32, &f32)| (*weight > 0.0).then_some(*label as usize);
        self.truth.extend(std::iter::zip(&batch.labels, &batch.weights).map(truth));
    }

    /// Takes note of the answers in `logits`, `[b, classes]`.
    pub(crate) fn add(&mut self, logits: Tensor<2>) {
        if self.classes == 0 {
            return;
        }
        let images = logits.dims()[0];
        self.answers.push(logits.argmax(1).reshape([images]));
    }

    /// Reads the answers so far back.
    pub(crate) fn read(&mut self) {
        if self.answers.is_empty() {
            return;
        }
        let answers = Tensor::cat(std::mem::take(&mut self.answers), 0).into_data();
        for (truth, answer) in std::iter::zip(self.truth.drain(..), answers.iter::<i64>()) {
            let place = truth.zip(usize::try_from(answer).ok());
            let place = place.filter(|(truth, answer)| truth.max(answer) < &self.classes);
            if let Some((truth, answer)) = place {
                self.counts[truth * self.classes + answer] += 1.0;
            }
        }
    }

    /// Those of all ranks.
    pub(crate) fn summed(mut self, world: &World) -> Result<Self, CollectiveError> {
        world.sum_f64(&mut self.counts)?;
        Ok(self)
    }

    /// A row for each class and a column for each answer: white for none of the images of a class, dark for
    /// all. Rare confusions are darker than their share, so that they are seen.
    pub(crate) fn picture(&self) -> RgbImage {
        let cell = (SIDE / self.classes.max(1)).max(1);
        let side = cell * self.classes;
        let mut pixels = Vec::with_capacity(3 * side * side);
        for row in self.counts.chunks(self.classes.max(1)) {
            let images = row.iter().sum::<f64>().max(1.0);
            let line: Vec<u8> = row
                .iter()
                .map(|count| shade(count / images))
                .flat_map(|colour| std::iter::repeat_n(colour, cell).flatten())
                .collect();
            (0..cell).for_each(|_| pixels.extend_from_slice(&line));
        }
        RgbImage { height: side, width: side, pixels }
    }
}

/// From white to dark blue.
fn shade(share: f64) -> [u8; 3] {
    let darkness = share.sqrt();
    let mix = |dark: f64| (255.0 - darkness * (255.0 - dark)).round() as u8;
    [mix(8.0), mix(48.0), mix(107.0)]
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn of_more_classes_than_a_picture_shows_nothing_is_counted() {
        let counted = |classes: usize| {
            let mut tally = Tally::new(classes);
            tally.expect(&Batch { labels: vec![1], weights: vec![1.0], ..Batch::default() });
            tally.add(Tensor::<2>::zeros([1, classes], &Device::flex()));
            tally.read();
            (tally.counts.len(), tally.is_empty())
        };
        assert_eq!(counted(1000), (1_000_000, false));
        assert_eq!(counted(21_841), (0, true));
    }

    #[test]
    fn answers_are_counted_by_class_and_padding_is_not() {
        let mut tally = Tally::new(2);
        let (labels, weights) = (vec![0, 1, 1, 0], vec![1.0, 1.0, 1.0, 0.0]);
        tally.expect(&Batch { labels, weights, ..Batch::default() });
        let logits = [[2.0, 1.0], [3.0, 1.0], [0.0, 1.0], [9.0, 0.0]];
        tally.add(Tensor::from_floats(logits, &Device::flex()));
        tally.read();
        assert_eq!(tally.counts, [1.0, 0.0, 1.0, 1.0]);
        let picture = tally.picture();
        assert_eq!((picture.height, picture.width), (320, 320));
        let pixel = |row: usize, column: usize| &picture.pixels[3 * (320 * row + column)..][..3];
        assert_eq!(pixel(0, 0), [8, 48, 107], "all of the first class");
        assert_eq!(pixel(159, 319), [255; 3], "none of it");
        assert_eq!(pixel(319, 0), pixel(160, 160), "the second class is halved");
    }
}
