//! Yes-or-no questions against scikit-learn.

use resnet_metrics::{Counts, OperatingRule, Reliability, Scored};

use crate::golden::{AtThreshold, Binary, assert_close, assert_close_or_undefined, golden};

fn each(check: impl Fn(&Binary, &Scored)) {
    let cases = golden().binary;
    assert_eq!(cases.len(), 6);
    for case in cases {
        let scored = Scored::new(&case.scores, &case.truth()).expect("sound scores");
        check(&case, &scored);
    }
}

#[test]
fn areas_and_losses_are_scikit_learns() {
    each(|case, scored| {
        let name = &case.name;
        assert_close(name, scored.auroc(), case.auroc);
        assert_close(name, scored.average_precision(), case.average_precision);
        assert_close(name, scored.brier(), case.brier);
        assert_close(name, scored.log_loss(), case.log_loss);
    });
}

#[test]
fn curves_are_scikit_learns_point_by_point() {
    each(|case, scored| {
        let roc = scored.roc_curve().expect("both classes");
        let [thresholds, false_rates, true_rates] = &case.roc;
        assert_eq!(roc.len(), thresholds.len(), "{}", case.name);
        for (point, n) in roc.iter().zip(0..) {
            assert_eq!(point.threshold, thresholds[n], "{}", case.name);
            assert_close("rate", Some(point.false_positive_rate), false_rates[n].expect("a rate"));
            assert_close("rate", Some(point.true_positive_rate), true_rates[n].expect("a rate"));
        }
        let pr = scored.pr_curve().expect("positives");
        let [thresholds, recalls, precisions] = &case.pr;
        assert_eq!(pr.len(), thresholds.len(), "{}", case.name);
        for (point, n) in pr.iter().zip(0..) {
            assert_eq!(point.threshold, thresholds[n], "{}", case.name);
            assert_close("recall", Some(point.recall), recalls[n]);
            assert_close("precision", Some(point.precision), precisions[n]);
        }
    });
}

/// The same examples are taken for positive, so that every figure about them is the same.
#[test]
fn operating_points_are_where_scikit_learns_curve_has_them() {
    each(|case, scored| {
        let check = |rule, expected: Option<f64>| {
            let threshold = scored.threshold(rule).expect("both classes");
            // Nothing is better than to take none for positive: scikit-learn's threshold is infinite.
            let expected = expected.unwrap_or(f64::INFINITY);
            let answers = [threshold, expected].map(|at| scored.counts_at(at));
            assert_eq!(answers[0], answers[1], "{}: {rule:?}", case.name);
            assert!(case.scores.iter().all(|&score| score != threshold), "{}", case.name);
        };
        check(OperatingRule::Youden, case.youden);
        check(OperatingRule::Sensitivity(0.9), Some(case.sensitivity_90));
        check(OperatingRule::Specificity(0.8), case.specificity_80);
    });
}

#[test]
fn shares_at_a_threshold_are_scikit_learns() {
    each(|case, scored| {
        for at in &case.at {
            check_shares(&case.name, scored.counts_at(at.threshold), at);
        }
    });
}

fn check_shares(name: &str, counts: Counts, at: &AtThreshold) {
    let Counts { true_positives, false_positives, false_negatives, true_negatives } = counts;
    let found = [true_positives, false_positives, false_negatives, true_negatives];
    assert_eq!(found, at.counts, "{name}");
    assert_close(name, counts.sensitivity(), at.sensitivity);
    assert_close(name, counts.specificity(), at.specificity);
    assert_close_or_undefined(name, counts.precision(), at.precision);
    assert_close_or_undefined(name, counts.npv(), at.npv);
    assert_close(name, counts.f1(), at.f1);
    assert_close(name, counts.accuracy(), at.accuracy);
    assert_close(name, counts.balanced_accuracy(), at.balanced_accuracy);
    assert_close_or_undefined(name, counts.mcc(), at.mcc);
    assert_close_or_undefined(name, counts.kappa(), at.kappa);
}

#[test]
fn predictive_values_at_the_examples_own_prevalence_are_those_of_the_examples() {
    each(|case, scored| {
        for at in &case.at {
            let counts = scored.counts_at(at.threshold);
            let prevalence = counts.prevalence().expect("examples");
            assert_close_or_undefined(&case.name, counts.ppv_at(prevalence), at.precision);
            assert_close_or_undefined(&case.name, counts.npv_at(prevalence), at.npv);
        }
    });
}

/// Of 1000 people 10 are ill, 9 of them are found, and 99 of the 990 others are taken for ill.
#[test]
fn a_rare_disease_makes_most_alarms_false() {
    let counts =
        Counts { true_positives: 90, false_negatives: 10, false_positives: 10, true_negatives: 90 };
    assert_close("PPV", counts.ppv_at(0.01), 9.0 / (9.0 + 99.0));
    assert_close("NPV", counts.npv_at(0.01), 891.0 / (891.0 + 1.0));
    assert_close("PPV", counts.precision(), 0.9);
}

#[test]
fn reliability_is_scikit_learns_and_the_calibration_error_follows() {
    each(|case, _| {
        let reliability = Reliability::new(&case.scores, &case.truth(), 10).expect("probabilities");
        let full: Vec<_> = reliability.bins().iter().filter(|bin| bin.events > 0).collect();
        assert_eq!(full.len(), case.reliability[0].len(), "{}", case.name);
        for (bin, n) in full.iter().zip(0..) {
            assert_close(&case.name, bin.probability, case.reliability[0][n]);
            assert_close(&case.name, bin.came_true, case.reliability[1][n]);
        }
        assert_close(&case.name, Some(reliability.expected_error()), case.ece);
        assert!(reliability.maximum_error() >= reliability.expected_error());
    });
}
