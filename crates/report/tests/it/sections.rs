//! The usual sections tell what was computed.

use resnet_metrics::{
    Bootstrap, Confusion, Decision, Groups, Metric, Predictions, Reliability, Scored, Summary,
    SummaryOptions,
};
use resnet_report::sections::{self, DataCard, LeakageCheck, ModelCard, SplitCard, TrainingCurves};
use resnet_report::{Report, Section};

fn html(section: Section) -> String {
    let mut report = Report::new("title");
    report.push(section);
    report.to_html()
}

/// What the row that begins with `head` says.
fn cells<'a>(text: &'a str, head: &str) -> Vec<&'a str> {
    let (_, rest) = text.split_once(&format!("<th scope=\"row\">{head}</th>")).expect("a row");
    let (row, _) = rest.split_once("</tr>").expect("its end");
    row.split_terminator("</td>").filter_map(|cell| cell.rsplit('>').next()).collect()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

/// Forty examples of twenty patients, most of them told apart.
fn predictions() -> (Predictions, Groups) {
    let ill = |n: usize| usize::from(n.is_multiple_of(3));
    let p = |n: usize| (0.3 + 0.4 * ill(n) as f64 + 0.25 * (n as f64 * 1.7).sin()).clamp(0.0, 1.0);
    let probabilities = (0..40).flat_map(|n| [1.0 - p(n), p(n)]).collect();
    let truth = (0..40).map(ill).collect();
    let patients: Vec<String> = (0..40).map(|n| (n / 2).to_string()).collect();
    let predictions = Predictions::new(2, probabilities, truth).expect("sound");
    (predictions, Groups::by_name(&patients))
}

fn options() -> SummaryOptions {
    SummaryOptions {
        positive: Some(1),
        prevalence: Some(0.025),
        bootstrap: Some(Bootstrap { resamples: 100, ..Bootstrap::default() }),
        ..SummaryOptions::default()
    }
}

#[test]
fn figures_are_told_with_interval_threshold_and_prevalence() {
    let (predictions, groups) = predictions();
    let summary = Summary::new(&predictions, &groups, &options()).expect("sound");
    let text = html(sections::measures("Figures", &summary));
    let auroc = summary.get(Metric::Auroc).expect("there");
    let interval = auroc.interval.expect("defined");
    for wanted in [
        format!("{:.3}", auroc.value.expect("defined")),
        format!("{:.3} to {:.3}", interval.low, interval.high),
        "40 images, 14 of them positive".to_owned(),
        "positive from a probability of 0.500 on".to_owned(),
        "100 bootstrap resamples of 20 groups".to_owned(),
        "95 % interval".to_owned(),
        "Stated prevalence: 2.50 %".to_owned(),
    ] {
        assert!(text.contains(&wanted), "{wanted}");
    }
}

#[test]
fn subgroups_have_a_row_each() {
    let (predictions, groups) = predictions();
    let sexes: Vec<&str> = (0..40).map(|n| if n < 10 { "f" } else { "m" }).collect();
    let parts = Summary::by_subgroup(&predictions, &sexes, &groups, &options()).expect("sound");
    let text = html(sections::subgroups("sex", &parts, &[Metric::Auroc, Metric::Sensitivity]));
    for part in &parts {
        let auroc = part.summary.get(Metric::Auroc).and_then(|auroc| auroc.value);
        assert!(text.contains(&format!("{:.3} (", auroc.expect("defined"))));
    }
    assert!(text.contains("Subgroups by sex"));
    assert_eq!(cells(&text, "f")[0], "10");
}

#[test]
fn few_classes_have_a_matrix_and_many_the_worst_pairs() {
    let small = Confusion::new(2, &[0, 0, 0, 1], &[0, 0, 1, 1]).expect("sound");
    let text = html(sections::confusion(&small, &names(&["cat", "dog"])));
    assert!(text.contains("cat taken for dog: 33.3 %"));
    let large = Confusion::new(30, &[3, 3, 4], &[5, 5, 4]).expect("sound");
    let text = html(sections::confusion(&large, &names(&["zero"])));
    assert!(text.contains("<th scope=\"row\">3</th><td>5</td><td class=\"number\">2</td>"));
    assert!(text.contains("100.0 %"));
}

#[test]
fn classes_have_areas_where_probabilities_are_known() {
    let (predictions, _) = predictions();
    let confusion = predictions.confusion(Decision::MostProbable);
    let areas: Vec<Scored> = (0..2).map(|class| predictions.one_vs_rest(class)).collect();
    let with = html(sections::per_class(&confusion, &names(&["healthy", "ill"]), &areas));
    let without = html(sections::per_class(&confusion, &[], &[]));
    let auroc = format!("{:.3}", areas[1].auroc().expect("defined"));
    assert!(with.contains(&auroc) && with.contains("Average precision"));
    assert!(!without.contains("AUROC"));
}

#[test]
fn curves_show_the_areas_and_the_operating_point() {
    let (predictions, _) = predictions();
    let scored = predictions.one_vs_rest(1);
    let roc = sections::roc_chart(&[("test", &scored)], Some(0.5));
    let pr = sections::pr_chart(&[("test", &scored)], Some(0.5));
    let reliability = predictions.reliability(5).expect("bins");
    let curve = sections::reliability_chart(&[("test", &reliability)]);
    let text = html(Section::new("Curves").with(vec![roc, pr, curve]));
    assert_eq!(text.matches("<svg viewBox=\"0 0 420").count(), 3);
    assert_eq!(text.matches("operating point</text>").count(), 2);
    let area = format!("AUROC {:.3}", scored.auroc().expect("defined"));
    assert!(text.contains(&area), "{area}");
}

#[test]
fn what_has_no_curve_is_drawn_without_one() {
    let healthy = Scored::new(&[0.1, 0.2], &[false, false]).expect("sound");
    let certain = Reliability::new(&[1.0], &[true], 4).expect("sound");
    let charts = vec![
        sections::roc_chart(&[("test", &healthy)], Some(0.5)),
        sections::pr_chart(&[("test", &healthy)], None),
        sections::reliability_chart(&[("test", &certain)]),
    ];
    let text = html(Section::new("Curves").with(charts));
    assert!(text.contains("AUROC –"));
    assert!(!text.contains("NaN") && !text.contains("operating point"));
}

#[test]
fn a_leak_stands_out_and_a_check_that_held_is_told() {
    let card = DataCard {
        source: "xrays.csv".to_owned(),
        groups: Some("Patients".to_owned()),
        caption: "Images of each class".to_owned(),
        classes: names(&["healthy", "ill"]),
        splits: vec![
            SplitCard {
                name: "train".to_owned(),
                images: 1234,
                groups: Some(900),
                per_class: vec![1000, 234],
            },
            SplitCard {
                name: "test".to_owned(),
                images: 120,
                groups: None,
                per_class: vec![100, 20],
            },
        ],
        checks: vec![
            LeakageCheck {
                claim: "No patient is in two splits".to_owned(),
                found: (0..25).map(|n| format!("patient {n}")).collect(),
            },
            LeakageCheck { claim: "No pixels are in two splits".to_owned(), found: vec![] },
        ],
    };
    let text = html(card.section());
    assert!(text.contains(">1,234</td>") && text.contains(">900</td>"));
    assert!(text.contains("Not so: No patient is in two splits. 25 found"));
    assert!(text.contains("patient 19</li>") && !text.contains("patient 20</li>"));
    assert!(text.contains("and 5 more"));
    assert!(text.contains("Checked: No pixels are in two splits."));
}

#[test]
fn the_model_card_says_what_it_is_not_for() {
    let card = ModelCard {
        facts: vec![("Architecture".to_owned(), "resnet18".to_owned())],
        intended_use: "research".to_owned(),
        limits: names(&["Not a medical device."]),
    };
    let text = html(card.section());
    assert!(text.contains("resnet18") && text.contains("Not a medical device."));
}

#[test]
fn training_curves_without_points_are_left_out() {
    let curves = TrainingCurves {
        train_loss: vec![(1.0, 2.3), (2.0, 1.1)],
        validation_loss: vec![(1.0, 2.0)],
        ..TrainingCurves::default()
    };
    let text = html(curves.section());
    assert!(text.contains("Cross-entropy") && !text.contains("Learning rate"));
    assert_eq!(text.matches("<svg viewBox=\"0 0 420").count(), 1);
}
