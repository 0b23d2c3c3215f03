//! The table of a report: every figure with its interval, for all examples or by subgroup.

mod figures;
mod metric;
mod several;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Bootstrap, Groups, Interval, MetricsError, Predictions};
use figures::Figures;
pub use metric::Metric;

/// What a [`Summary`] is to tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SummaryOptions {
    /// The class that a yes-or-no question asks for ("ill"); `None`: the classes are judged together.
    pub positive: Option<usize>,
    /// From which probability on an example is taken for `positive`, chosen on validation data.
    pub threshold: f64,
    /// Share of positives, 0 to 1, for which predictive values are to be told besides.
    pub prevalence: Option<f64>,
    /// Whether the classes are grades in order, so that quadratic kappa means something.
    pub ordered: bool,
    /// Bins of the calibration error.
    pub bins: usize,
    /// How intervals are made; `None`: none are, which is quicker.
    pub bootstrap: Option<Bootstrap>,
}

impl Default for SummaryOptions {
    /// All classes together, threshold 0.5, 15 bins, the default intervals.
    fn default() -> Self {
        Self {
            positive: None,
            threshold: 0.5,
            prevalence: None,
            ordered: false,
            bins: 15,
            bootstrap: Some(Bootstrap::default()),
        }
    }
}

/// How good predictions are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// How many examples were judged.
    pub examples: usize,
    /// How many groups they are of.
    pub groups: usize,
    /// How many are of the positive class, where there is one.
    pub positives: Option<usize>,
    /// The figures, the most telling first.
    pub measures: Vec<Measure>,
    /// How they were asked for.
    pub options: SummaryOptions,
}

/// A figure and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// What is measured.
    pub metric: Metric,
    /// How much it is; `None` where these examples cannot tell.
    pub value: Option<f64>,
    /// Where it lies in most resamples.
    pub interval: Option<Interval>,
}

/// The figures of the examples that have something in common.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subgroup {
    /// What they have in common.
    pub name: String,
    /// Their figures.
    pub summary: Summary,
}

impl Summary {
    /// Judges `predictions`; intervals are resampled by `groups`, which are of the same examples.
    ///
    /// With more than 100 classes, AUROC and average precision have no interval: it would take
    /// minutes.
    ///
    /// # Errors
    /// [`MetricsError`] if there are no examples, or if the options name a class that does not exist or
    /// no bins.
    pub fn new(
        predictions: &Predictions,
        groups: &Groups,
        options: &SummaryOptions,
    ) -> Result<Self, MetricsError> {
        let figures = Figures::new(predictions, options)?;
        let everything: Vec<usize> = (0..predictions.len()).collect();
        let row = figures.whole(&everything);
        let intervals = match &options.bootstrap {
            Some(bootstrap) => bootstrap.intervals(groups, |drawn| figures.resampled(drawn)),
            None => Vec::new(),
        };
        let intervals = intervals.into_iter().chain(std::iter::repeat(None));
        let measure = |((metric, value), interval)| Measure { metric, value, interval };
        let measures = row.into_iter().zip(intervals);
        Ok(Self {
            examples: predictions.len(),
            groups: groups.len(),
            positives: options
                .positive
                .map(|class| predictions.truth().iter().filter(|&&truth| truth == class).count()),
            measures: measures.map(measure).collect(),
            options: options.clone(),
        })
    }

    /// A summary for each different value of `names`, one for each example, in alphabetical order.
    ///
    /// # Errors
    /// As for [`new`](Self::new), and if there is not a name for each example.
    pub fn by_subgroup<S: AsRef<str>>(
        predictions: &Predictions,
        names: &[S],
        groups: &Groups,
        options: &SummaryOptions,
    ) -> Result<Vec<Subgroup>, MetricsError> {
        crate::error::check_length("subgroup names", names.len(), predictions.len())?;
        let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (example, name) in names.iter().enumerate() {
            members.entry(name.as_ref()).or_default().push(example);
        }
        let summarise = |(name, members): (&str, Vec<usize>)| {
            let part = predictions.resampled(&members);
            let summary = Self::new(&part, &groups.of(&members), options)?;
            Ok(Subgroup { name: name.to_owned(), summary })
        };
        members.into_iter().map(summarise).collect()
    }

    /// One figure, if it is among those.
    #[must_use]
    pub fn get(&self, metric: Metric) -> Option<&Measure> {
        self.measures.iter().find(|measure| measure.metric == metric)
    }

    /// The three figures that say most about the question that was asked.
    #[must_use]
    pub fn telling(&self) -> [Metric; 3] {
        match self.options.positive {
            Some(_) => [Metric::Auroc, Metric::Sensitivity, Metric::Specificity],
            None => [Metric::Accuracy, Metric::BalancedAccuracy, Metric::Auroc],
        }
    }
}
