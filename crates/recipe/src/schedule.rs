//! The learning rate as a pure function of the step.

use std::f64::consts::PI;

/// Linear warm-up, then decay; the same step gives the same rate, however a run got there.
#[derive(Debug, Clone, PartialEq)]
pub struct LrSchedule {
    /// Rate at the end of the warm-up.
    pub peak: f64,
    /// Optimizer steps of linear warm-up from zero.
    pub warmup_steps: u64,
    /// What follows.
    pub decay: DecaySteps,
}

/// The decay after the warm-up, in optimizer steps.
#[derive(Debug, Clone, PartialEq)]
pub enum DecaySteps {
    /// Multiplies the rate by `factor` at each boundary.
    Step {
        /// First step of each new rate, ascending.
        boundaries: Vec<u64>,
        /// Multiplier at every boundary.
        factor: f64,
    },
    /// Half a cosine from the peak at the end of the warm-up to zero at `total_steps`.
    Cosine {
        /// Steps of the whole run.
        total_steps: u64,
    },
}

impl LrSchedule {
    /// The rate for optimizer step `step`, counted from zero.
    ///
    /// Warm-up as in the TensorFlow reference (`learning_rate_with_decay` in
    /// `official/r1/resnet/resnet_run_loop.py`): `peak * step / warmup_steps`, so step 0 has rate 0.
    #[must_use]
    pub fn at(&self, step: u64) -> f64 {
        if step < self.warmup_steps {
            return self.peak * step as f64 / self.warmup_steps as f64;
        }
        match &self.decay {
            DecaySteps::Step { boundaries, factor } => {
                let passed = boundaries.iter().filter(|&&boundary| step >= boundary).count();
                self.peak * factor.powi(i32::try_from(passed).unwrap_or(i32::MAX))
            }
            DecaySteps::Cosine { total_steps } => self.peak * self.cosine(step, *total_steps),
        }
    }

    fn cosine(&self, step: u64, total_steps: u64) -> f64 {
        let length = total_steps.saturating_sub(self.warmup_steps).max(1);
        let done = (step - self.warmup_steps).min(length) as f64 / length as f64;
        0.5 * (1.0 + (PI * done).cos())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tutorial() -> LrSchedule {
        let boundaries = vec![300, 600, 800, 900];
        LrSchedule {
            peak: 0.128,
            warmup_steps: 50,
            decay: DecaySteps::Step { boundaries, factor: 0.1 },
        }
    }

    #[test]
    fn warm_up_rises_from_zero_to_the_peak() {
        let schedule = tutorial();
        assert_eq!(schedule.at(0), 0.0);
        assert_eq!(schedule.at(25), 0.064);
        assert_eq!(schedule.at(50), 0.128);
    }

    #[test]
    fn a_new_rate_starts_exactly_at_its_boundary() {
        let schedule = tutorial();
        let close = |step, expected: f64| {
            let rate: f64 = schedule.at(step);
            assert!((rate - expected).abs() < 1e-12, "step {step}: {rate}");
        };
        close(299, 0.128);
        close(300, 0.0128);
        close(899, 0.000_128);
        close(900, 0.000_012_8);
        close(5000, 0.000_012_8);
    }

    #[test]
    fn cosine_starts_at_the_peak_and_ends_at_zero() {
        let schedule = LrSchedule {
            peak: 2.0,
            warmup_steps: 10,
            decay: DecaySteps::Cosine { total_steps: 110 },
        };
        assert_eq!(schedule.at(10), 2.0);
        assert!((schedule.at(60) - 1.0).abs() < 1e-12);
        assert!(schedule.at(110) < 1e-12);
        assert!(schedule.at(1000) < 1e-12, "it does not rise again");
    }

    #[test]
    fn cosine_never_rises_after_the_warm_up() {
        let schedule = LrSchedule {
            peak: 1.0,
            warmup_steps: 7,
            decay: DecaySteps::Cosine { total_steps: 100 },
        };
        for step in 7..120 {
            assert!(schedule.at(step + 1) <= schedule.at(step), "step {step}");
        }
    }
}
