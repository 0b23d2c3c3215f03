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

#[test]
fn what_is_not_known_is_judged_by_nothing() {
    // scikit-learn on the known answers alone: label 0 has 0.9 1, 0.2 0, 0.4 1; label 1 has 0.7 1, 0.6 0.
    let scores = vec![0.9, 0.7, 0.2, 0.1, 0.4, 0.6];
    let truth = vec![true, true, false, false, true, false];
    let known = vec![true, true, true, false, true, true];
    let judged = MultiLabel::new(2, scores, truth).and_then(|all| all.where_known(known));
    let judged = judged.expect("sound");
    let (first, second) = (judged.label(0), judged.label(1));
    assert_eq!((first.len(), second.len()), (3, 2));
    assert_eq!((first.auroc(), second.auroc()), (Some(1.0), Some(1.0)));
    // At 0.5 the third example is wrong twice; of the second one only the first answer is judged.
    assert_close("exact matches", judged.exact_matches(&[0.5, 0.5]).expect("two"), 2.0 / 3.0);
    assert_close("Hamming loss", judged.hamming_loss(&[0.5, 0.5]).expect("two"), 2.0 / 5.0);
    let drawn = judged.resampled(&[1, 1]);
    assert_eq!((drawn.label(1).len(), drawn.macro_auroc()), (0, None));
    assert!(judged.where_known(vec![true]).is_err());
}
