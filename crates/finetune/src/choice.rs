//! What is chosen about one question on validation images, before anybody looks at test images.

use resnet_metrics::{Decision, OperatingRule, Scored, SummaryOptions, Temperature};
use serde::{Deserialize, Serialize};

use crate::{Answers, FinetuneError, Plan};

/// From which probability on an image is taken for positive, and how that was chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Operating {
    /// The class that is asked for.
    pub positive: usize,
    /// The rule.
    pub rule: OperatingRule,
    /// What it says on the validation images ([`Scored::threshold`]): between the probabilities of two of them.
    pub threshold: f64,
    /// Sensitivity there, 0 to 1.
    pub sensitivity: Option<f64>,
    /// Specificity there, 0 to 1.
    pub specificity: Option<f64>,
}

/// What is chosen about one question.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// The label that is asked for, where images have several: class 1 is that it is true.
    pub label: Option<String>,
    /// The threshold, where there is a positive class.
    pub operating: Option<Operating>,
    /// What makes the probabilities as high as they come true on the validation images; `None` where no
    /// number does, or nobody looked.
    pub temperature: Option<f64>,
}

impl Choice {
    /// By the answers to one question about validation images.
    ///
    /// # Errors
    /// As [`Choices::on`](crate::Choices::on).
    pub fn on(validation: &Answers, plan: &Plan) -> Result<Self, FinetuneError> {
        let positive = plan.positive_class(&validation.classes)?;
        let operating = positive.map(|positive| Operating::on(validation, positive, plan));
        // None if every image is right or they are no better than chance.
        let (classes, logits) = (validation.classes.len(), validation.logits());
        let temperature = Temperature::fit(classes, &logits, &validation.truth()).ok();
        Ok(Self {
            label: None,
            operating: operating.transpose()?,
            temperature: temperature.map(Temperature::value),
        })
    }

    /// A threshold that is not chosen on images.
    #[must_use]
    pub fn given(positive: Option<usize>, threshold: f64) -> Self {
        let rule = OperatingRule::Threshold(threshold);
        let at = |positive| Operating {
            positive,
            rule,
            threshold,
            sensitivity: None,
            specificity: None,
        };
        Self { operating: positive.map(at), ..Self::default() }
    }

    /// How an image with a probability for each of so many classes is taken for one.
    #[must_use]
    pub fn decision(&self, classes: usize) -> Decision {
        Operating::decision(self.operating.as_ref(), classes)
    }

    /// What a summary is to tell of images judged by this choice.
    #[must_use]
    pub fn summary_options(&self, plan: &Plan) -> SummaryOptions {
        let operating = self.operating.as_ref();
        SummaryOptions {
            positive: operating.map(|operating| operating.positive),
            threshold: operating.map_or(0.5, |operating| operating.threshold),
            prevalence: plan.prevalence,
            ordered: plan.ordered,
            bootstrap: plan.bootstrap(),
            ..SummaryOptions::default()
        }
    }
}

impl Operating {
    /// Of two classes the threshold decides; of more the most probable one is said.
    pub(crate) fn decision(operating: Option<&Self>, classes: usize) -> Decision {
        match operating {
            Some(&Self { positive, threshold, .. }) if classes == 2 => {
                Decision::Threshold { positive, threshold }
            }
            _ => Decision::MostProbable,
        }
    }

    /// The threshold that the plan's rule says on the validation images.
    fn on(validation: &Answers, positive: usize, plan: &Plan) -> Result<Self, FinetuneError> {
        let scored = validation.predictions()?.one_vs_rest(positive);
        let threshold = scored.threshold(plan.operating).ok_or_else(|| {
            let class = &validation.classes[positive];
            let problem = format!(
                "no threshold can be chosen: the validation images must hold images of {class} and \
                 others, and a wanted share lies between 0 and 1"
            );
            FinetuneError::plan("sensitivity", problem)
        })?;
        Ok(Self::at(positive, plan.operating, threshold, &scored))
    }

    fn at(positive: usize, rule: OperatingRule, threshold: f64, scored: &Scored) -> Self {
        let counts = scored.counts_at(threshold);
        let (sensitivity, specificity) = (counts.sensitivity(), counts.specificity());
        Self { positive, rule, threshold, sensitivity, specificity }
    }
}
