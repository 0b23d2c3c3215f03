use crate::error::DataError;
use crate::random::SampleRng;
use crate::source::{Picture, Sample, Source};

/// Images made of noise over a colour that depends on the class: no data needed.
///
/// They go through the same loader as real images, without the decoder. Pixels and labels depend on
/// `(seed, index)` only. A model can learn the classes, so a falling loss shows that training works.
#[derive(Clone, Debug)]
pub struct SyntheticImages {
    len: usize,
    num_classes: u32,
    seed: u64,
    side: usize,
}

impl SyntheticImages {
    /// `len` images of 256x256 pixels; image `i` has the label `i % num_classes` (label 0 if there
    /// are no classes).
    pub fn new(len: usize, num_classes: u32, seed: u64) -> Self {
        Self { len, num_classes: num_classes.max(1), seed, side: 256 }
    }

    /// The same with images of `side` x `side` pixels.
    #[must_use]
    pub fn with_side(self, side: usize) -> Self {
        Self { side, ..self }
    }
}

impl Source for SyntheticImages {
    fn len(&self) -> usize {
        self.len
    }

    fn read(&self, index: usize, record: &mut Vec<u8>) -> Result<Sample, DataError> {
        record.resize(self.side * self.side * 3, 0);
        let label = self.class_of(index);
        SampleRng::for_synthetic(self.seed, index as u64).fill(record);
        let colour = self.colour(label);
        for pixel in record.chunks_exact_mut(3) {
            for (level, base) in pixel.iter_mut().zip(colour) {
                // Half noise, half class colour: the mean tells the class, single pixels do not.
                *level = (*level >> 1) + base;
            }
        }
        let picture = Picture::Rgb { height: self.side, width: self.side };
        Ok(Sample { label, picture, filename: 0..0 })
    }

    fn label(&self, index: usize) -> Result<u32, DataError> {
        Ok(self.class_of(index))
    }

    fn knows_labels(&self) -> bool {
        true
    }

    fn place(&self, index: usize) -> String {
        format!("synthetic image {index}")
    }

    fn describe(&self) -> String {
        format!("{} synthetic images of {} classes", self.len, self.num_classes)
    }
}

impl SyntheticImages {
    fn class_of(&self, index: usize) -> u32 {
        u32::try_from(index as u64 % u64::from(self.num_classes))
            .expect("a remainder is smaller than its divisor")
    }

    /// Red, green and blue of a class, each 0 to 127.
    fn colour(&self, label: u32) -> [u8; 3] {
        let mut colour = [0; 3];
        SampleRng::for_synthetic(self.seed, u64::MAX - u64::from(label)).fill(&mut colour);
        colour.map(|level| level >> 1)
    }
}
