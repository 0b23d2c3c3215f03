//! How threshold and temperature came about, in words.

use resnet_metrics::{Metric, OperatingRule, Summary};
use resnet_report::rounded;

use crate::{Choice, Choices, Judgement, Operating};

/// Groups below which a bootstrap's intervals are known to be too narrow
/// ([Cameron et al. 2008](https://doi.org/10.1162/rest.90.3.414) on few clusters).
const FEW_GROUPS: usize = 20;

impl Choices {
    /// Sentences about each threshold.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let of_choice = |Choice { label, operating, .. }: &Choice| {
            let operating = operating.as_ref()?;
            Some(threshold(operating, class(operating, label.as_ref(), &self.classes)))
        };
        self.questions.iter().filter_map(of_choice).collect()
    }
}

impl Judgement {
    /// Sentences about how these figures of images of `classes` (or of a label) came about.
    #[must_use]
    pub fn notes(&self, classes: &[String]) -> Vec<String> {
        let Self { label, operating, temperature, calibrated, test, .. } = self;
        let chosen = operating
            .as_ref()
            .map(|operating| threshold(operating, class(operating, label.as_ref(), classes)));
        let calibration = temperature.zip(calibrated.as_ref());
        let calibration = calibration
            .map(|(temperature, calibrated)| calibration_at(temperature, test, calibrated));
        chosen.into_iter().chain(calibration).chain(few_groups(test)).collect()
    }
}

/// The name of what is asked for.
fn class<'a>(operating: &Operating, label: Option<&'a String>, classes: &'a [String]) -> &'a str {
    label.unwrap_or_else(|| &classes[operating.positive])
}

/// Whether there is too little to draw from.
fn few_groups(test: &Summary) -> Option<String> {
    let is_drawn = test.options.bootstrap.is_some();
    let groups = test.groups;
    (is_drawn && groups < FEW_GROUPS).then(|| {
        format!(
            "The intervals are drawn from {groups} groups of images; of so few they are too narrow."
        )
    })
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

fn threshold(operating: &Operating, class: &str) -> String {
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
