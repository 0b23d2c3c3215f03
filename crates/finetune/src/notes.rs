//! How threshold and temperature came about, in words.

use resnet_metrics::{Metric, OperatingRule, Summary};
use resnet_report::rounded;

use crate::{Choice, Choices, Judgement, Operating};

impl Choices {
    /// Sentences about each threshold.
    pub(crate) fn notes(&self) -> Vec<String> {
        let of_choice = |Choice { label, operating, .. }: &Choice| {
            let classes = label.as_ref().map(|label| [format!("without {label}"), label.clone()]);
            let classes = classes.as_ref().map_or(&self.classes[..], |classes| &classes[..]);
            operating.as_ref().map(|operating| threshold(operating, classes))
        };
        self.questions.iter().filter_map(of_choice).collect()
    }
}

impl Judgement {
    /// Sentences about what was chosen before the figures of `classes` (of one label, that it is not true and
    /// that it is).
    #[must_use]
    pub fn notes(&self, classes: &[String]) -> Vec<String> {
        let Self { operating, temperature, calibrated, test, .. } = self;
        let threshold = operating.as_ref().map(|operating| threshold(operating, classes));
        let calibration = temperature.zip(calibrated.as_ref());
        let calibration = calibration
            .map(|(temperature, calibrated)| calibration_at(temperature, test, calibrated));
        threshold.into_iter().chain(calibration).collect()
    }
}

fn calibration_at(temperature: f64, test: &Summary, calibrated: &Summary) -> String {
    let error = |summary: &Summary| {
        rounded(summary.get(Metric::CalibrationError).and_then(|measure| measure.value))
    };
    format!(
        "Calibration: a temperature of {temperature:.2}, fitted on the validation images, brings the calibration \
         error on these test images from {} to {}.",
        error(test),
        error(calibrated)
    )
}

fn threshold(operating: &Operating, classes: &[String]) -> String {
    let class = &classes[operating.positive];
    let rule = match operating.rule {
        OperatingRule::Threshold(threshold) => {
            return format!(
                "{class} is said from a probability of {threshold:.3} on, which was given."
            );
        }
        OperatingRule::Sensitivity(share) => format!("a sensitivity of at least {share}"),
        OperatingRule::Specificity(share) => format!("a specificity of at least {share}"),
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
