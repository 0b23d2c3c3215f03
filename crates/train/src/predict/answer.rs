//! What is said about one image.

/// What a network says about one image.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// Where the image is stored.
    pub place: String,
    /// Its class according to the source; `None` if the source knows none.
    pub label: Option<u32>,
    /// The probability of each class; or why there is none.
    pub probabilities: Result<Vec<f32>, String>,
}

/// A class and how probable it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guess {
    /// Number of the class, from 0.
    pub class: usize,
    /// Its probability, 0 to 1.
    pub probability: f32,
}

impl Prediction {
    /// The probabilities, made to add up to 1: those of a softmax without the rounding of 32-bit floats, those of a
    /// network that judges each class by itself as shares. `None` of an image that could not be read.
    #[must_use]
    pub fn distribution(&self) -> Option<Vec<f64>> {
        let probabilities = self.probabilities.as_ref().ok()?;
        let sum: f64 = probabilities.iter().copied().map(f64::from).sum();
        Some(probabilities.iter().map(|&probability| f64::from(probability) / sum).collect())
    }

    /// The `count` most probable classes, the most probable first, the lower number first among equals;
    /// none of an image that could not be read.
    #[must_use]
    pub fn top(&self, count: usize) -> Vec<Guess> {
        let probabilities = self.probabilities.as_deref().unwrap_or_default();
        let numbered = probabilities.iter().enumerate();
        let mut guesses: Vec<_> =
            numbered.map(|(class, &probability)| Guess { class, probability }).collect();
        guesses.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        guesses.truncate(count);
        guesses
    }
}

#[cfg(test)]
mod tests {
    use super::{Guess, Prediction};

    fn prediction(probabilities: Result<Vec<f32>, String>) -> Prediction {
        Prediction { place: "a.jpg".to_owned(), label: None, probabilities }
    }

    #[test]
    fn the_most_probable_comes_first_and_of_equals_the_lower_number() {
        let top = prediction(Ok(vec![0.2, 0.1, 0.5, 0.2])).top(3);
        let expected = [(2, 0.5), (0, 0.2), (3, 0.2)];
        assert_eq!(top, expected.map(|(class, probability)| Guess { class, probability }));
        assert_eq!(prediction(Ok(vec![1.0])).top(5).len(), 1);
    }

    #[test]
    fn an_image_without_an_answer_has_no_guesses() {
        assert!(prediction(Err("torn".to_owned())).top(5).is_empty());
    }
}
