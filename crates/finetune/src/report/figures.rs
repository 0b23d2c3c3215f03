//! How good the network is at one question: which class, or whether one label is true.

use resnet_metrics::{Metric, Reliability, Scored, Subgroup};
use resnet_report::{Block, Section, sections};

use crate::{Answer, Answers, FinetuneError, Judgement, Operating};

/// What is asked, the answers, and how good they are.
pub(super) struct Question<'a> {
    pub(super) judgement: &'a Judgement,
    pub(super) validation: Option<&'a Answers>,
    pub(super) test: &'a Answers,
}

impl Question<'_> {
    pub(super) fn headline(&self) -> Section {
        let test = &self.judgement.test;
        let what = format!("{} test images of {} groups", test.examples, test.groups);
        let tile = |metric: Metric| test.get(metric).map(sections::measure_tile);
        sections::headline(what, test.telling().into_iter().filter_map(tile))
    }

    /// Every figure, and how threshold and temperature were chosen.
    pub(super) fn measures(&self, title: &str) -> Section {
        let mut section = sections::measures(title, &self.judgement.test);
        let notes = self.judgement.notes(&self.test.classes);
        notes.into_iter().for_each(|note| section.push(Block::Text(note)));
        section
    }

    /// ROC, precision-recall and reliability, for the positive class or each class against the rest.
    pub(super) fn curves(&self) -> Result<Section, FinetuneError> {
        let operating = self.judgement.operating.as_ref();
        let threshold = operating.map(|operating| operating.threshold);
        let named: Vec<(String, Scored)> = match operating {
            Some(operating) => {
                let both = [("test", Some(self.test)), ("validation", self.validation)];
                let of = |(name, answers): (&str, Option<&Answers>)| {
                    let scored = answers.map(|answers| scored(answers, operating.positive));
                    scored.map(|scored| scored.map(|scored| (name.to_owned(), scored)))
                };
                both.into_iter().filter_map(of).collect::<Result<_, _>>()?
            }
            None => of_classes(self.test)?,
        };
        let named: Vec<(&str, &Scored)> =
            named.iter().map(|(name, scored)| (name.as_str(), scored)).collect();
        let reliability = self.reliability()?;
        let charts = vec![
            sections::roc_chart(&named, threshold),
            sections::pr_chart(&named, threshold),
            sections::reliability_chart(&[("test", &reliability)]),
        ];
        Ok(Section::new("Curves").with(Block::Charts(charts)))
    }

    /// Of the positive class, or of the most probable one, in the bins of the calibration error.
    pub(super) fn reliability(&self) -> Result<Reliability, FinetuneError> {
        let (answers, bins) = (self.test, self.judgement.test.options.bins);
        let Some(Operating { positive, .. }) = &self.judgement.operating else {
            return Ok(answers.predictions()?.reliability(bins)?);
        };
        let of_class = |answer: &Answer| answer.probabilities[*positive].clamp(0.0, 1.0);
        let probabilities: Vec<f64> = answers.answers.iter().map(of_class).collect();
        let came_true: Vec<bool> =
            answers.answers.iter().map(|answer| answer.truth == *positive).collect();
        Ok(Reliability::new(&probabilities, &came_true, bins)?)
    }

    pub(super) fn per_class(&self) -> Result<Section, FinetuneError> {
        let areas: Vec<Scored> =
            of_classes(self.test)?.into_iter().map(|(_, scored)| scored).collect();
        Ok(sections::per_class(&self.judgement.confusion, &self.test.classes, &areas))
    }

    /// The figures of each value of `column`; `None` if it has none.
    pub(super) fn subgroups(&self, column: &str) -> Option<Section> {
        let subgroups = &self.judgement.subgroups;
        let Subgroup { summary, .. } = subgroups.first()?;
        Some(sections::subgroups(column, subgroups, &summary.telling()))
    }
}

fn scored(answers: &Answers, class: usize) -> Result<Scored, FinetuneError> {
    Ok(answers.predictions()?.one_vs_rest(class))
}

/// Each class against the rest.
fn of_classes(answers: &Answers) -> Result<Vec<(String, Scored)>, FinetuneError> {
    let predictions = answers.predictions()?;
    let classes = answers.classes.iter().enumerate();
    Ok(classes.map(|(class, name)| (name.clone(), predictions.one_vs_rest(class))).collect())
}
