//! Several labels for each example against scikit-learn.

use resnet_metrics::{Counts, MultiLabel};

use crate::golden::{ManyLabels, assert_close, golden};

fn multi_label(case: &ManyLabels) -> MultiLabel {
    MultiLabel::new(case.labels, case.scores.clone(), case.truth()).expect("sound")
}

#[test]
fn macro_and_micro_averages_are_scikit_learns() {
    let case = golden().multi_label;
    let judged = multi_label(&case);
    assert_close("macro AUROC", judged.macro_auroc(), case.macro_auroc);
    assert_close("macro AP", judged.macro_average_precision(), case.macro_average_precision);
    let micro = judged.micro();
    assert_close("micro AUROC", micro.auroc(), case.micro_auroc);
    assert_close("micro AP", micro.average_precision(), case.micro_average_precision);
    assert_close("micro F1", micro.counts_at(0.5).f1(), case.micro_f1);
}

#[test]
fn answers_are_judged_as_by_scikit_learn() {
    let case = golden().multi_label;
    let (judged, thresholds) = (multi_label(&case), vec![0.5; case.labels]);
    let counts = judged.counts_at(&thresholds).expect("a threshold each");
    let f1: Vec<f64> = counts.iter().filter_map(Counts::f1).collect();
    assert_close("F1", Some(f1.iter().sum::<f64>() / f1.len() as f64), case.macro_f1);
    let hamming = judged.hamming_loss(&thresholds).expect("a threshold each");
    assert_close("Hamming loss", hamming, case.hamming_loss);
    let exact = judged.exact_matches(&thresholds).expect("a threshold each");
    assert_close("exact matches", exact, case.exact_matches);
}

#[test]
fn all_examples_drawn_once_are_the_same_examples() {
    let case = golden().multi_label;
    let judged = multi_label(&case);
    let backwards: Vec<usize> = (0..judged.len()).rev().collect();
    let resample = judged.resampled(&backwards);
    assert_close("AUROC", resample.macro_auroc(), case.macro_auroc);
    assert_eq!((resample.len(), resample.labels()), (judged.len(), judged.labels()));
}
