//! What makes a value of `[schedule]` senseless.

use super::check::{NATURAL, POSITIVE, ensure, natural, positive};
use super::{Decay, Recipe, RecipeError, Warmup};
use crate::schedule::{Plateau, WarmupShape};
use crate::span::Span;

const FACTOR: &str = "must be above 0 and at most 1";
const PERIOD: &str = "must be longer than 0";

impl Recipe {
    pub(super) fn check_schedule(&self) -> Result<(), RecipeError> {
        let schedule = &self.schedule;
        let (base, min) = (schedule.base_lr, schedule.min_lr);
        ensure("schedule.base_lr", base, natural(base), NATURAL)?;
        ensure(
            "schedule.min_lr",
            min,
            (0.0..=self.peak_lr()).contains(&min),
            "must be at least 0 and at most the rate at the end of the warm-up",
        )?;
        check_warmup(&schedule.warmup)?;
        self.check_decay()
    }

    fn check_decay(&self) -> Result<(), RecipeError> {
        match &self.schedule.decay {
            Decay::Constant | Decay::Linear | Decay::Cosine => Ok(()),
            Decay::Step { every, factor } => {
                ensure("schedule.decay.step.every", every, is_period(*every), PERIOD)?;
                ensure("schedule.decay.step.factor", factor, is_factor(*factor), FACTOR)
            }
            Decay::MultiStep { at, factor } => {
                let known = at.iter().all(|moment| moment.is_length());
                ensure("schedule.decay.multi-step.at", at, known, NATURAL)?;
                ensure("schedule.decay.multi-step.factor", factor, is_factor(*factor), FACTOR)
            }
            Decay::Polynomial { power } => {
                ensure("schedule.decay.polynomial.power", power, positive(*power), POSITIVE)
            }
            Decay::Exponential { every, factor } => {
                ensure("schedule.decay.exponential.every", every, is_period(*every), PERIOD)?;
                ensure("schedule.decay.exponential.factor", factor, is_factor(*factor), FACTOR)
            }
            Decay::OneCycle { rise, start } => self.check_one_cycle(*rise, *start),
            Decay::ReduceOnPlateau(rule) => check_plateau(rule),
        }
    }

    fn check_one_cycle(&self, rise: Span, start: f64) -> Result<(), RecipeError> {
        ensure("schedule.decay.one-cycle.rise", rise, rise.is_length(), NATURAL)?;
        let start_holds = (0.0..=1.0).contains(&start);
        ensure("schedule.decay.one-cycle.start", start, start_holds, "must be 0 to 1")?;
        let length = self.schedule.warmup.length;
        ensure(
            "schedule.warmup.length",
            length,
            length.amount() == 0.0,
            "must be 0 with the decay one-cycle, whose way up takes the place of a warm-up",
        )
    }
}

fn check_warmup(warmup: &Warmup) -> Result<(), RecipeError> {
    let Warmup { length, shape, from } = *warmup;
    ensure("schedule.warmup.length", length, length.is_length(), NATURAL)?;
    ensure("schedule.warmup.from", from, (0.0..=1.0).contains(&from), "must be 0 to 1")?;
    ensure(
        "schedule.warmup.from",
        from,
        from > 0.0 || shape != WarmupShape::Exponential,
        "must be above 0 where the warm-up is exponential: no factor leads away from 0",
    )
}

fn check_plateau(rule: &Plateau) -> Result<(), RecipeError> {
    let Plateau { factor, threshold, .. } = *rule;
    ensure(
        "schedule.decay.reduce-on-plateau.factor",
        factor,
        is_factor(factor) && factor < 1.0,
        "must be above 0 and below 1",
    )?;
    ensure("schedule.decay.reduce-on-plateau.threshold", threshold, natural(threshold), NATURAL)
}

fn is_period(span: Span) -> bool {
    span.is_length() && span.amount() > 0.0
}

fn is_factor(factor: f64) -> bool {
    factor > 0.0 && factor <= 1.0
}
