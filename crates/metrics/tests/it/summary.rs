//! The table holds the figures that its parts compute.

use resnet_metrics::{
    Bootstrap, Decision, Groups, Metric, MetricsError, Predictions, Summary, SummaryOptions,
    softmax,
};

use crate::golden::golden;

fn quick() -> SummaryOptions {
    let bootstrap = Bootstrap { resamples: 200, ..Bootstrap::default() };
    SummaryOptions { bootstrap: Some(bootstrap), ..SummaryOptions::default() }
}

/// The binary case "fine" of scikit-learn's, as two classes.
fn two_classes() -> Predictions {
    let case = golden().binary.swap_remove(0);
    let probabilities = case.scores.iter().flat_map(|&p| [1.0 - p, p]).collect();
    let truth = case.truth().into_iter().map(usize::from).collect();
    Predictions::new(2, probabilities, truth).expect("sound")
}

fn grades() -> Predictions {
    let case = golden().several.swap_remove(1);
    let probabilities = case.logits.chunks(case.classes).flat_map(|row| softmax(row, 1.0));
    Predictions::new(case.classes, probabilities.collect(), case.truth).expect("sound")
}

#[test]
fn a_yes_or_no_table_holds_every_figure_with_its_interval() {
    let predictions = two_classes();
    let options =
        SummaryOptions { positive: Some(1), threshold: 0.61, prevalence: Some(0.05), ..quick() };
    let groups = Groups::none(predictions.len());
    let summary = Summary::new(&predictions, &groups, &options).expect("sound");
    let value = |metric| summary.get(metric).expect("in the table").value;
    let scored = predictions.one_vs_rest(1);
    let counts = scored.counts_at(0.61);
    assert_eq!(value(Metric::Auroc), scored.auroc());
    assert_eq!(value(Metric::Sensitivity), counts.sensitivity());
    assert_eq!(value(Metric::PpvAtPrevalence), counts.ppv_at(0.05));
    assert_eq!(value(Metric::Mcc), counts.mcc());
    assert_eq!(summary.examples, 300);
    assert_eq!(summary.positives, Some(scored.positives() as usize));
    for measure in &summary.measures {
        let interval = measure.interval.expect("defined in every resample");
        let value = measure.value.expect("defined");
        // Resamples are worse calibrated than what they are drawn from: that interval lies higher.
        let inside = interval.low <= value && value <= interval.high;
        assert!(inside || measure.metric == Metric::CalibrationError, "{measure:?}");
        assert!(interval.low < interval.high, "{measure:?}");
    }
    assert!(summary.get(Metric::QuadraticKappa).is_none());
}

#[test]
fn a_table_of_several_classes_holds_every_figure() {
    let predictions = grades();
    let options = SummaryOptions { ordered: true, ..quick() };
    let groups = Groups::none(predictions.len());
    let summary = Summary::new(&predictions, &groups, &options).expect("sound");
    let confusion = predictions.confusion(Decision::MostProbable);
    let close = |metric, expected: Option<f64>| {
        let value = summary.get(metric).expect("in the table").value.expect("defined");
        assert!((value - expected.expect("defined")).abs() < 1e-12, "{metric:?}");
    };
    close(Metric::Accuracy, confusion.accuracy());
    close(Metric::Top5, predictions.top_k(5));
    close(Metric::Auroc, predictions.macro_auroc());
    close(Metric::AveragePrecision, predictions.macro_average_precision());
    close(Metric::QuadraticKappa, confusion.quadratic_kappa());
    close(Metric::LogLoss, predictions.log_loss());
    close(Metric::Brier, predictions.brier());
    assert!(summary.measures.iter().all(|measure| measure.interval.is_some()));
    assert_eq!(summary.positives, None);
}

#[test]
fn subgroups_are_judged_as_if_they_were_alone() {
    let predictions = two_classes();
    let everything = 0..predictions.len();
    let name = |n: usize| if n.is_multiple_of(3) { "women" } else { "men" };
    let names: Vec<&str> = everything.clone().map(name).collect();
    let patients: Vec<String> = everything.clone().map(|n| (n / 2).to_string()).collect();
    let options = SummaryOptions { positive: Some(1), ..quick() };
    let groups = Groups::by_name(&patients);
    let parts = Summary::by_subgroup(&predictions, &names, &groups, &options).expect("sound");
    let found: Vec<_> = parts.iter().map(|part| part.name.as_str()).collect();
    assert_eq!(found, ["men", "women"]);
    let kept: Vec<usize> = everything.filter(|n| n.is_multiple_of(3)).collect();
    let own_patients: Vec<&String> = kept.iter().map(|&n| &patients[n]).collect();
    let alone = predictions.resampled(&kept);
    let alone = Summary::new(&alone, &Groups::by_name(&own_patients), &options).expect("sound");
    assert_eq!(parts[1].summary, alone);
}

#[test]
fn what_the_options_name_has_to_exist() {
    let predictions = two_classes();
    let groups = Groups::none(predictions.len());
    let with = |options| Summary::new(&predictions, &groups, &options).expect_err("refused");
    let unknown = with(SummaryOptions { positive: Some(2), ..quick() });
    assert_eq!(unknown, MetricsError::Label { example: 0, label: 2, classes: 2 });
    assert_eq!(with(SummaryOptions { bins: 0, ..quick() }), MetricsError::Empty);
    let few = Summary::by_subgroup(&predictions, &["a"], &groups, &quick()).expect_err("refused");
    assert!(matches!(few, MetricsError::Length { .. }));
}

#[test]
fn without_a_bootstrap_there_are_no_intervals() {
    let predictions = grades();
    let options = SummaryOptions { bootstrap: None, ..SummaryOptions::default() };
    let groups = Groups::none(predictions.len());
    let summary = Summary::new(&predictions, &groups, &options).expect("sound");
    assert!(summary.measures.iter().all(|measure| measure.interval.is_none()));
    assert!(summary.get(Metric::Auroc).is_some_and(|auroc| auroc.value.is_some()));
}
