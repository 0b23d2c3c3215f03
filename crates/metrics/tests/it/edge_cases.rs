//! What cannot be judged says so.

use resnet_metrics::{
    Confusion, Counts, MetricsError, MultiLabel, OperatingRule, Predictions, Reliability, Scored,
    Temperature,
};

#[test]
fn scores_that_are_no_numbers_are_named() {
    for score in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let error = Scored::new(&[0.5, score], &[true, false]).expect_err("refused");
        assert!(matches!(error, MetricsError::NotFinite { example: 1, .. }));
        assert!(error.to_string().contains("example 1"), "{error}");
    }
    let logits = [0.0, 1.0, f32::NAN, 0.0];
    let error = Predictions::from_logits(2, &logits, vec![0, 1]).expect_err("refused");
    assert!(matches!(error, MetricsError::NotFinite { example: 1, .. }));
}

#[test]
fn nothing_is_an_error() {
    assert_eq!(Scored::new(&[], &[]).expect_err("refused"), MetricsError::Empty);
    let empty = Predictions::new(2, vec![], vec![]).expect_err("refused");
    assert_eq!(empty, MetricsError::Empty);
    let no_classes = Predictions::new(0, vec![], vec![]).expect_err("refused");
    assert_eq!(no_classes, MetricsError::NoClasses);
    assert_eq!(Confusion::new(2, &[], &[]).expect_err("refused"), MetricsError::Empty);
    assert_eq!(Reliability::new(&[0.5], &[true], 0).expect_err("refused"), MetricsError::Empty);
    let no_labels = MultiLabel::new(0, vec![], vec![]).expect_err("refused");
    assert_eq!(no_labels, MetricsError::NoClasses);
}

#[test]
fn lists_that_do_not_fit_are_refused() {
    let is_length = |error| matches!(error, MetricsError::Length { .. });
    assert!(is_length(Scored::new(&[0.5], &[true, false]).expect_err("refused")));
    assert!(is_length(Predictions::new(2, vec![0.5; 3], vec![0, 1]).expect_err("refused")));
    assert!(is_length(Confusion::new(2, &[0, 1], &[0]).expect_err("refused")));
    assert!(is_length(MultiLabel::new(2, vec![0.5; 3], vec![true; 3]).expect_err("refused")));
    let labels = MultiLabel::new(2, vec![0.5; 2], vec![true; 2]).expect("sound");
    assert!(is_length(labels.counts_at(&[0.5]).expect_err("refused")));
    assert!(is_length(Temperature::fit(2, &[0.0; 3], &[0, 1]).expect_err("refused")));
}

#[test]
fn labels_beyond_the_classes_are_named() {
    let error = Predictions::new(2, vec![0.5; 4], vec![0, 2]).expect_err("refused");
    assert_eq!(error, MetricsError::Label { example: 1, label: 2, classes: 2 });
    assert!(error.to_string().contains("0 to 1"), "{error}");
    let error = Confusion::new(2, &[0], &[7]).expect_err("refused");
    assert_eq!(error, MetricsError::Label { example: 0, label: 7, classes: 2 });
}

#[test]
fn rows_that_are_no_distributions_are_refused() {
    for row in [vec![0.7, 0.7], vec![1.5, -0.5], vec![0.2, 0.2]] {
        let error = Predictions::new(2, row, vec![0]).expect_err("refused");
        assert!(matches!(error, MetricsError::NotAProbability { example: 0, .. }), "{error}");
        assert!(error.to_string().contains("softmax"), "{error}");
    }
    assert!(Predictions::new(2, vec![0.300_000_1, 0.7], vec![0]).is_ok(), "32-bit rounding");
    assert!(Reliability::new(&[1.5], &[true], 10).is_err());
}

#[test]
fn examples_of_one_class_have_no_auroc_but_the_rest() {
    for positive in [true, false] {
        let scored = Scored::new(&[0.2, 0.8], &[positive; 2]).expect("sound");
        assert_eq!(scored.auroc(), None);
        assert_eq!(scored.roc_curve(), None);
        assert_eq!(scored.threshold(OperatingRule::Youden), None);
        assert_eq!(scored.average_precision(), positive.then_some(1.0));
        assert_eq!(scored.pr_curve().is_some(), positive);
        assert_eq!(scored.threshold(OperatingRule::Sensitivity(0.5)).is_some(), positive);
        assert_eq!(scored.threshold(OperatingRule::Specificity(0.5)).is_some(), !positive);
        assert!(scored.brier().is_some() && scored.log_loss().is_some());
    }
}

#[test]
fn a_wish_that_no_score_grants_is_granted_by_taking_none_for_positive() {
    let scored = Scored::new(&[0.9, 0.1], &[false, true]).expect("sound");
    let threshold = scored.threshold(OperatingRule::Specificity(1.0)).expect("negatives");
    assert_eq!(scored.counts_at(threshold).specificity(), Some(1.0));
    let threshold = scored.threshold(OperatingRule::Sensitivity(0.0)).expect("positives");
    assert_eq!(scored.counts_at(threshold).specificity(), Some(1.0));
    assert_eq!(scored.threshold(OperatingRule::Sensitivity(1.1)), None);
    assert_eq!(scored.threshold(OperatingRule::Specificity(f64::NAN)), None);
}

#[test]
fn a_threshold_lies_in_the_middle_between_two_scores() {
    let truth = [true, true, false, false];
    let youden =
        |scores: [f64; 4]| Scored::new(&scores, &truth).ok()?.threshold(OperatingRule::Youden);
    assert_eq!(youden([0.9, 0.75, 0.25, 0.1]), Some(0.5));
    // Between neighbours there is no middle.
    assert_eq!(youden([0.9, 0.25_f64.next_up(), 0.25, 0.1]), Some(0.25_f64.next_up()));
    assert_eq!(youden([0.9, 0.25, 0.25_f64.next_down(), 0.1]), Some(0.25));
}

#[test]
fn beyond_the_outermost_score_a_threshold_is_still_a_probability_where_it_can_be() {
    let ends = |scores: [f64; 2]| {
        let scored = Scored::new(&scores, &[false, true]).expect("sound");
        let at = |share| scored.threshold(OperatingRule::Specificity(share)).expect("negatives");
        let (none, all) = (at(1.0), at(0.0));
        assert_eq!(scored.counts_at(none).true_positives, 0);
        assert_eq!(scored.counts_at(all).true_negatives, 0);
        [none, all]
    };
    assert_eq!(ends([0.75, 0.25]), [0.875, 0.125]);
    assert_eq!(ends([1.0, 0.0]), [1.5, -0.5]);
    assert_eq!(ends([7.0, -5.0]), [7.5, -5.5]);
    assert_eq!(ends([1e300, 1e300])[0], 1e300_f64.next_up());
}

#[test]
fn shares_of_nothing_are_none() {
    let none = Counts::default();
    let shares = [
        none.sensitivity(),
        none.specificity(),
        none.precision(),
        none.npv(),
        none.ppv_at(0.5),
        none.f1(),
        none.mcc(),
        none.kappa(),
        none.prevalence(),
    ];
    assert_eq!(shares, [None; 9]);
}

#[test]
fn a_perfect_network_has_no_temperature_and_a_guessing_one_neither() {
    let perfect = Temperature::fit(2, &[9.0, 0.0, 0.0, 9.0], &[0, 1]).expect_err("refused");
    assert!(perfect.to_string().contains("nearly every answer is right"), "{perfect}");
    let guessing = Temperature::fit(2, &[1.0, 0.0, 0.0, 1.0], &[1, 0]).expect_err("refused");
    assert!(guessing.to_string().contains("no better than chance"), "{guessing}");
    assert!(Temperature::new(0.0).is_err() && Temperature::new(f64::NAN).is_err());
}

#[test]
fn probabilities_of_zero_and_one_have_a_finite_loss() {
    let scored = Scored::new(&[0.0, 1.0], &[true, false]).expect("sound");
    let loss = scored.log_loss().expect("examples");
    assert!((loss - -f64::EPSILON.ln()).abs() < 1e-9, "{loss}");
    let predictions = Predictions::new(2, vec![1.0, 0.0], vec![1]).expect("sound");
    assert!(predictions.log_loss().is_some_and(f64::is_finite));
}
