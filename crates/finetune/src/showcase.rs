//! The worst mistakes.

use std::path::Path;

use resnet_train::report::Shown;

use crate::{Answer, Answers, Judgement};

/// A test image that the network was wrong about.
#[derive(Debug, Clone, PartialEq)]
pub struct Mistake {
    /// What was said about it.
    pub answer: Answer,
    /// What it is, and what it was taken for: names of classes; where images have several labels, with or
    /// without one of them.
    pub names: [String; 2],
    /// The probability of what it is, according to the network.
    pub of_truth: f64,
    /// The class, or the label, whose heat map tells most.
    pub explained: usize,
}

impl Mistake {
    /// The image and its caption, for [`figures`](resnet_train::report::figures) of a report.
    #[must_use]
    pub fn shown(&self) -> Shown {
        let Self { answer, names: [truth, said], of_truth, explained } = self;
        let name = Path::new(&answer.place).file_name();
        let name = name.map_or(answer.place.clone(), |name| name.to_string_lossy().into_owned());
        let line = format!("{truth} (probability {of_truth:.3}), taken for {said}");
        Shown {
            image: answer.image,
            alt: format!("{truth}, taken for {said}"),
            lines: vec![name, line],
            explained: Some(*explained),
        }
    }
}

/// The images of `test` with the smallest probabilities of what they are among those that were taken for
/// something else by `judgements` ([`judge_all`](crate::judge_all)), at most `most`, the worst first.
#[must_use]
pub fn mistakes(judgements: &[Judgement], test: &Answers, most: usize) -> Vec<Mistake> {
    let mut wrong: Vec<Mistake> = if test.is_multi_label() {
        let numbered = judgements.iter().enumerate();
        numbered.flat_map(|(label, judgement)| of_label(judgement, test, label)).collect()
    } else {
        judgements.iter().flat_map(|judgement| of_classes(judgement, test)).collect()
    };
    wrong.sort_by(|a, b| a.of_truth.total_cmp(&b.of_truth));
    wrong.truncate(most);
    wrong
}

fn of_classes(judgement: &Judgement, test: &Answers) -> Vec<Mistake> {
    let wrong = |answer: &Answer| {
        let said = judgement.class_of(&answer.probabilities);
        (said != answer.truth).then(|| Mistake {
            answer: answer.clone(),
            names: [answer.truth, said].map(|class| test.classes[class].clone()),
            of_truth: answer.probabilities[answer.truth],
            explained: said,
        })
    };
    test.answers.iter().filter_map(wrong).collect()
}

fn of_label(judgement: &Judgement, test: &Answers, label: usize) -> Vec<Mistake> {
    let question = test.question(label);
    let of_question = of_classes(judgement, &question).into_iter();
    of_question.map(|mistake| Mistake { explained: label, ..mistake }).collect()
}
