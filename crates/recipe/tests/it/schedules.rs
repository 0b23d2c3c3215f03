//! Every schedule against torch's or timm's, at every step.

use resnet_recipe::{
    Averages, Decay, LrSchedule, PlateauState, Recipe, Schedule, Span, Warmup, presets,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    steps_per_epoch: u64,
    epochs: u64,
    cases: Vec<Case>,
    plateaus: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    peer: String,
    schedule: Schedule,
    #[serde(default)]
    evaluations: Vec<f64>,
    rates: Vec<f64>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../golden/schedules.json")).expect("the generator's JSON")
}

fn recipe(schedule: Schedule, epochs: u64) -> Recipe {
    let mut recipe = presets::tutorial();
    recipe.schedule = schedule;
    recipe.train.epochs = epochs;
    recipe.check().expect("a sound schedule");
    recipe
}

/// Within 1e-9 of `expected`; where a peer's own rounding leaves 1e-17 instead of 0, of the peak.
fn close(rate: f64, expected: f64) -> bool {
    (rate - expected).abs() <= 1e-9 * expected.abs().max(1e-6)
}

#[test]
fn every_schedule_equals_its_peers_at_every_step() {
    let golden = golden();
    assert!(golden.cases.len() >= 18, "a peer of every kind");
    for Case { name, peer, schedule, rates, .. } in golden.cases {
        let schedule = recipe(schedule, golden.epochs).lr_schedule(golden.steps_per_epoch);
        for (step, &expected) in rates.iter().enumerate() {
            let rate = schedule.at(step as u64);
            assert!(close(rate, expected), "{name}: step {step} is {rate}, {peer} has {expected}");
        }
    }
}

#[test]
fn a_plateau_lowers_the_rate_where_torch_does() {
    let golden = golden();
    for Case { name, schedule, evaluations, rates, .. } in golden.plateaus {
        let schedule = recipe(schedule, golden.epochs).lr_schedule(golden.steps_per_epoch);
        let mut state = PlateauState::default();
        for (index, (&value, &expected)) in evaluations.iter().zip(&rates).enumerate() {
            let averages = Averages { cross_entropy: value, top1: value, top5: value };
            schedule.observe(&mut state, &averages);
            let rate = schedule.at_plateau(40, &state);
            assert!(close(rate, expected), "{name}: {rate} after evaluation {index}: {expected}");
        }
        assert!(state.reductions > 0, "{name}: it never fell");
    }
}

#[test]
fn the_state_of_a_plateau_survives_a_checkpoint() {
    let golden = golden();
    let case = &golden.plateaus[1];
    let schedule = recipe(case.schedule.clone(), golden.epochs).lr_schedule(8);
    let (mut state, mut resumed) = (PlateauState::default(), PlateauState::default());
    for &value in &case.evaluations {
        let averages = Averages { cross_entropy: value, top1: value, top5: value };
        schedule.observe(&mut state, &averages);
        let text = serde_json::to_string(&resumed).expect("JSON");
        resumed = serde_json::from_str(&text).expect("read back");
        schedule.observe(&mut resumed, &averages);
        assert_eq!(state, resumed);
    }
}

#[test]
fn an_evaluation_that_is_not_a_number_is_never_the_best() {
    let case = golden().plateaus.swap_remove(0);
    let schedule = recipe(case.schedule, 10).lr_schedule(8);
    let mut state = PlateauState::default();
    let averages = |value| Averages { cross_entropy: value, top1: value, top5: value };
    schedule.observe(&mut state, &averages(f64::NAN));
    schedule.observe(&mut state, &averages(3.0));
    schedule.observe(&mut state, &averages(2.0));
    assert_eq!(state.reductions, 1, "patience 0: lowered once, for the value that is none");
}

fn tutorial() -> LrSchedule {
    presets::tutorial().lr_schedule(10)
}

#[test]
fn the_tutorials_warm_up_rises_from_zero_to_the_peak() {
    assert_eq!([0, 25, 50].map(|step| tutorial().at(step)), [0.0, 0.064, 0.128]);
}

#[test]
fn a_new_rate_starts_exactly_at_its_boundary() {
    for (step, expected) in
        [(299, 0.128), (300, 0.0128), (899, 0.000_128), (900, 0.000_012_8), (5000, 0.000_012_8)]
    {
        let rate = tutorial().at(step);
        assert!((rate - expected).abs() < 1e-12, "step {step}: {rate}");
    }
}

#[test]
fn no_decay_rises_after_the_peak_or_falls_below_the_minimum() {
    let golden = golden();
    for case in golden.cases {
        let mut schedule = recipe(case.schedule, 10).lr_schedule(8);
        schedule.min = 0.3;
        let first = if case.name == "one-cycle" { 23 } else { schedule.warmup.steps };
        for step in first..200 {
            let (now, next) = (schedule.at(step), schedule.at(step + 1));
            assert!(next <= now && next >= 0.3, "{}: {now}, then {next}", case.name);
        }
    }
}

#[test]
fn the_reference_rates_scale_with_the_batch() {
    let mut recipe = presets::tutorial();
    recipe.train.batch_size = 8192;
    assert_eq!(recipe.peak_lr(), 0.128 * 32.0, "above 1, as linear scaling has it");
    recipe.schedule.scaling = resnet_recipe::LrScaling::SquareRoot;
    assert_eq!(recipe.peak_lr(), 0.128 * 32.0_f64.sqrt());
    recipe.schedule.scaling = resnet_recipe::LrScaling::None;
    assert_eq!(recipe.peak_lr(), 0.128);
}

#[test]
fn a_length_means_the_same_in_every_unit() {
    let mut recipe = presets::tutorial();
    recipe.schedule.decay = Decay::Linear;
    for length in ["5 epochs", "50 steps", "12800 examples"] {
        recipe.schedule.warmup = Warmup::linear(length.parse().expect(length));
        assert_eq!(recipe.lr_schedule(10).warmup.steps, 50, "{length}");
    }
    recipe.schedule.warmup = Warmup::linear("10 %".parse().expect("percent"));
    assert_eq!(recipe.lr_schedule(10).warmup.steps, 90);
}

#[test]
fn a_length_reads_back_what_it_writes() {
    for span in [Span::Epochs(2.5), Span::Steps(7), Span::Examples(9), Span::Percent(0.5)] {
        assert_eq!(span.to_string().parse(), Ok(span));
    }
}

#[test]
fn a_text_that_is_no_length_is_refused_with_the_ways_to_write_one() {
    for text in ["5 weeks", "-1", "1.5 steps", "epochs", "", "1e3 steps", "NaN"] {
        let message = text.parse::<Span>().expect_err(text).to_string();
        assert!(message.contains("\"1000 steps\""), "{message}");
    }
}
