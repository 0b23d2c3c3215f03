//! How good the network is.

use resnet_metrics::{Metric, OperatingRule, Reliability, Scored, Subgroup};
use resnet_report::{Block, Section, rounded, sections};

use crate::{Answers, Findings, FinetuneError, Operating};

/// Bins of the reliability curve.
const BINS: usize = 10;

pub(super) fn headline(findings: &Findings) -> Section {
    let test = &findings.judgement.test;
    let what = format!("{} test images of {} groups", test.examples, test.groups);
    let metrics = match findings.judgement.operating {
        Some(_) => [Metric::Auroc, Metric::Sensitivity, Metric::Specificity],
        None => [Metric::Accuracy, Metric::BalancedAccuracy, Metric::Auroc],
    };
    let tile = |metric: Metric| test.get(metric).map(sections::measure_tile);
    sections::headline(what, metrics.into_iter().filter_map(tile))
}

pub(super) fn measures(findings: &Findings) -> Section {
    let judgement = &findings.judgement;
    let mut section = sections::measures("Figures", &judgement.test);
    if let Some(operating) = &judgement.operating {
        section.push(Block::Text(threshold(operating, &findings.test.classes)));
    }
    if let (Some(temperature), Some(calibrated)) = (judgement.temperature, &judgement.calibrated) {
        let error = |summary: &resnet_metrics::Summary| {
            rounded(summary.get(Metric::CalibrationError).and_then(|measure| measure.value))
        };
        section.push(Block::Text(format!(
            "Calibration: a temperature of {temperature:.2}, fitted on the validation images, brings the calibration \
             error on the test images from {} to {}.",
            error(&judgement.test),
            error(calibrated)
        )));
    }
    section
}

fn threshold(operating: &Operating, classes: &[String]) -> String {
    let class = &classes[operating.positive];
    let rule = match operating.rule {
        OperatingRule::Sensitivity(share) => format!("a sensitivity of at least {share}"),
        OperatingRule::Specificity(share) => format!("a specificity of at least {share}"),
        OperatingRule::Threshold(_) => "being given".to_owned(),
        OperatingRule::Youden => "the largest sum of sensitivity and specificity".to_owned(),
    };
    format!(
        "{class} is said from a probability of {:.3} on, chosen on the validation images for {rule}; there it has a \
         sensitivity of {} and a specificity of {}. Nothing was chosen on the test images.",
        operating.threshold,
        rounded(operating.sensitivity),
        rounded(operating.specificity)
    )
}

/// ROC, precision-recall and reliability, for the positive class or each class against the rest.
pub(super) fn curves(findings: &Findings) -> Result<Section, FinetuneError> {
    let operating = findings.judgement.operating.as_ref();
    let threshold = operating.map(|operating| operating.threshold);
    let named: Vec<(String, Scored)> = match operating {
        Some(operating) => vec![
            ("test".to_owned(), scored(&findings.test, operating.positive)?),
            ("validation".to_owned(), scored(&findings.validation, operating.positive)?),
        ],
        None => of_classes(&findings.test)?,
    };
    let named: Vec<(&str, &Scored)> =
        named.iter().map(|(name, scored)| (name.as_str(), scored)).collect();
    let reliability = reliability(&findings.test, operating)?;
    let charts = vec![
        sections::roc_chart(&named, threshold),
        sections::pr_chart(&named, threshold),
        sections::reliability_chart(&[("test", &reliability)]),
    ];
    Ok(Section::new("Curves").with(Block::Charts(charts)))
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

/// Of the positive class, or of the most probable one.
fn reliability(
    answers: &Answers,
    operating: Option<&Operating>,
) -> Result<Reliability, FinetuneError> {
    let Some(Operating { positive, .. }) = operating else {
        return Ok(answers.predictions()?.reliability(BINS)?);
    };
    let of_class = |answer: &crate::Answer| answer.probabilities[*positive].clamp(0.0, 1.0);
    let probabilities: Vec<f64> = answers.answers.iter().map(of_class).collect();
    let came_true: Vec<bool> =
        answers.answers.iter().map(|answer| answer.truth == *positive).collect();
    Ok(Reliability::new(&probabilities, &came_true, BINS)?)
}

pub(super) fn per_class(findings: &Findings) -> Result<Section, FinetuneError> {
    let areas: Vec<Scored> =
        of_classes(&findings.test)?.into_iter().map(|(_, scored)| scored).collect();
    Ok(sections::per_class(&findings.judgement.confusion, &findings.test.classes, &areas))
}

pub(super) fn subgroups(column: &str, subgroups: &[Subgroup]) -> Section {
    let metrics = match subgroups.first().and_then(|first| first.summary.positives) {
        Some(_) => [Metric::Auroc, Metric::Sensitivity, Metric::Specificity],
        None => [Metric::Accuracy, Metric::BalancedAccuracy, Metric::Auroc],
    };
    sections::subgroups(column, subgroups, &metrics)
}
