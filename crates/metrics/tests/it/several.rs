//! Several classes against scikit-learn.

use resnet_metrics::{
    Bootstrap, Confusion, Decision, Groups, Metric, Predictions, Summary, SummaryOptions,
    Temperature, softmax,
};

use crate::golden::{Several, assert_close, golden};

fn each(check: impl Fn(&Several, &Predictions)) {
    let cases = golden().several;
    assert_eq!(cases.len(), 3);
    for case in cases {
        let rows = case.logits.chunks(case.classes);
        let probabilities = rows.flat_map(|row| softmax(row, 1.0)).collect();
        let truth = case.truth.clone();
        check(&case, &Predictions::new(case.classes, probabilities, truth).expect("sound"));
    }
}

#[test]
fn the_confusion_matrix_and_what_follows_from_it_are_scikit_learns() {
    each(|case, predictions| {
        let (name, confusion) = (&case.name, predictions.confusion(Decision::MostProbable));
        let rows = (0..case.classes).flat_map(|truth| confusion.row(truth).to_vec());
        assert_eq!(rows.collect::<Vec<_>>(), case.confusion, "{name}");
        assert_close(name, confusion.accuracy(), case.accuracy);
        assert_close(name, confusion.balanced_accuracy(), case.balanced_accuracy);
        assert_close(name, confusion.macro_precision(), case.macro_precision);
        assert_close(name, confusion.macro_f1(), case.macro_f1);
        assert_close(name, confusion.mcc(), case.mcc);
        assert_close(name, confusion.kappa(), case.kappa);
        assert_close(name, confusion.quadratic_kappa(), case.quadratic_kappa);
        assert_close(name, predictions.top_k(1), case.accuracy);
        assert_close(name, predictions.top_k(2), case.top2);
    });
}

#[test]
fn one_against_the_rest_is_scikit_learns() {
    each(|case, predictions| {
        for (class, &expected) in case.class_auroc.iter().enumerate() {
            let found = predictions.one_vs_rest(class).auroc();
            match expected {
                Some(expected) => assert_close(&case.name, found, expected),
                None => assert_eq!(found, None, "{}", case.name),
            }
        }
        assert_close(&case.name, predictions.macro_auroc(), case.macro_auroc);
        let found = predictions.macro_average_precision();
        assert_close(&case.name, found, case.macro_average_precision);
    });
}

#[test]
fn probabilities_are_judged_as_by_scikit_learn() {
    each(|case, predictions| {
        assert_close(&case.name, predictions.log_loss(), case.log_loss);
        assert_close(&case.name, predictions.brier(), case.brier);
        let reliability = predictions.reliability(15).expect("bins");
        assert_close(&case.name, Some(reliability.expected_error()), case.ece);
    });
}

/// SciPy's minimum is as sharp as rounding lets a parabola be: 1e-6; the loss there is sharper.
#[test]
fn the_temperature_is_the_minimum_that_scipy_finds() {
    each(|case, _| {
        let temperature =
            Temperature::fit(case.classes, &case.logits, &case.truth).expect("a minimum");
        let (found, expected) = (temperature.value(), case.temperature);
        assert!((found - expected).abs() < 1e-6, "{}: {found}, {expected}", case.name);
        let probabilities = temperature.probabilities(case.classes, &case.logits);
        let calibrated = Predictions::new(case.classes, probabilities, case.truth.clone());
        let loss = calibrated.expect("sound").log_loss();
        assert_close(&case.name, loss, case.temperature_log_loss);
    });
}

#[test]
fn two_classes_are_a_yes_or_no_question() {
    let logits = [0.3_f32, 1.1, 2.0, -0.4, 0.0, 0.2, -1.0, 0.5];
    let predictions = Predictions::from_logits(2, &logits, vec![1, 0, 0, 1]).expect("sound");
    let (no, yes) = (predictions.one_vs_rest(0), predictions.one_vs_rest(1));
    assert_eq!(no.auroc(), yes.auroc());
    assert_close("Brier", predictions.brier(), 2.0 * yes.brier().expect("examples"));
    assert_close("log loss", predictions.log_loss(), yes.log_loss().expect("examples"));
    assert_eq!(predictions.confusion(Decision::MostProbable).class(1), yes.counts_at(0.5));
    let counts = predictions.confusion(Decision::MostProbable);
    assert_close("MCC", counts.mcc(), counts.class(1).mcc().expect("both answers"));
    assert_close("kappa", counts.kappa(), counts.class(1).kappa().expect("both answers"));
}

#[test]
fn the_worst_pairs_come_first() {
    let truth = [0, 0, 0, 1, 1, 2, 2];
    let predicted = [1, 1, 0, 2, 1, 0, 0];
    let confusion = Confusion::new(3, &truth, &predicted).expect("sound");
    assert_eq!(confusion.worst_pairs(2), [(0, 1, 2), (2, 0, 2)]);
    assert_eq!(confusion.worst_pairs(9).len(), 3);
}

/// A table of them would have eight terabytes.
#[test]
fn figures_of_a_million_classes_are_counted_without_a_table_of_them() {
    let classes = 1_000_000;
    let truth = vec![3, 999_999, 3];
    let mut logits = vec![0.0_f32; 3 * classes];
    for (example, said) in [3, 999_999, 7].into_iter().enumerate() {
        logits[example * classes + said] = 9.0;
    }
    let predictions = Predictions::from_logits(classes, &logits, truth).expect("sound");
    let confusion = predictions.confusion(Decision::MostProbable);
    assert_eq!((confusion.count(3, 7), confusion.count(7, 3)), (1, 0));
    assert_eq!(confusion.worst_pairs(5), [(3, 7, 1)]);
    let bootstrap = Some(Bootstrap { resamples: 3, ..Bootstrap::default() });
    let options = SummaryOptions { bootstrap, ordered: true, ..SummaryOptions::default() };
    let summary = Summary::new(&predictions, &Groups::none(3), &options).expect("figures");
    for (metric, expected) in [
        (Metric::Accuracy, 2.0 / 3.0),
        (Metric::BalancedAccuracy, 0.75),
        (Metric::MacroPrecision, 2.0 / 3.0),
        (Metric::F1, 5.0 / 9.0),
        (Metric::Kappa, 0.5),
    ] {
        assert_close("of a million", summary.get(metric).and_then(|it| it.value), expected);
    }
    assert_eq!(
        summary.get(Metric::QuadraticKappa).and_then(|it| it.value),
        confusion.quadratic_kappa()
    );
}

#[test]
fn a_confusion_is_written_row_by_row_and_read_again() {
    let confusion = Confusion::new(3, &[0, 0, 2], &[1, 1, 2]).expect("sound");
    let json = serde_json::to_string(&confusion).expect("plain values");
    assert_eq!(json, r#"{"classes":3,"counts":[0,2,0,0,0,0,0,0,1]}"#);
    assert_eq!(serde_json::from_str::<Confusion>(&json).expect("the same"), confusion);
    let cut = json.replace(",1]", "]");
    assert!(serde_json::from_str::<Confusion>(&cut).is_err(), "a cell is missing");
}
