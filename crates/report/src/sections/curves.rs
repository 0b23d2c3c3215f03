//! Curves of answers to yes-or-no questions.

use resnet_metrics::{Reliability, Scored};

use crate::chart::{Axis, Chart, Mark, Series};
use crate::numbers::rounded;

/// The ROC curve of each of `named` scores that has one, and an operating point on the first of them.
#[must_use]
pub fn roc_chart(named: &[(&str, &Scored)], threshold: Option<f64>) -> Chart {
    let x = Axis::share("1 − specificity");
    let mut chart = Chart::new("ROC curve", x, Axis::share("Sensitivity")).with_diagonal();
    for (name, scored) in named {
        let points = scored.roc_curve().unwrap_or_default();
        let points = points.iter().map(|p| (p.false_positive_rate, p.true_positive_rate));
        chart = chart.with(Series::new(with_area(name, "AUROC", scored.auroc()), points));
    }
    let counts = named.first().zip(threshold).map(|((_, scored), at)| scored.counts_at(at));
    let place = counts.and_then(|at| Some((1.0 - at.specificity()?, at.sensitivity()?)));
    match place {
        Some(place) => chart.with_mark(Mark::new("operating point", place)),
        None => chart,
    }
}

/// The precision-recall curve of each of `named` scores that has one, and an operating point on the
/// first of them.
#[must_use]
pub fn pr_chart(named: &[(&str, &Scored)], threshold: Option<f64>) -> Chart {
    let (x, y) = (Axis::share("Recall"), Axis::share("Precision"));
    let mut chart = Chart::new("Precision-recall curve", x, y);
    for (name, scored) in named {
        let area = scored.average_precision();
        let points = scored.pr_curve().unwrap_or_default();
        let points = points.iter().map(|p| (p.recall, p.precision));
        chart = chart.with(Series::new(with_area(name, "AP", area), points));
    }
    let counts = named.first().zip(threshold).map(|((_, scored), at)| scored.counts_at(at));
    let place = counts.and_then(|at| Some((at.sensitivity()?, at.precision()?)));
    match place {
        Some(place) => chart.with_mark(Mark::new("operating point", place)),
        None => chart,
    }
}

fn with_area(name: &str, what: &str, area: Option<f64>) -> String {
    format!("{name} ({what} {})", rounded(area))
}

/// How often what was given a probability came true; on the diagonal both are equal.
#[must_use]
pub fn reliability_chart(named: &[(&str, &Reliability)]) -> Chart {
    let (x, y) = (Axis::share("Probability"), Axis::share("Share that came true"));
    let mut chart = Chart::new("Reliability", x, y).with_diagonal();
    for (name, reliability) in named {
        let bins = reliability.bins().iter();
        let points = bins.filter_map(|bin| Some((bin.probability?, bin.came_true?)));
        let name = with_area(name, "ECE", Some(reliability.expected_error()));
        chart = chart.with(Series::new(name, points).with_dots());
    }
    chart.with_note("Below the diagonal: more confident than right.")
}
