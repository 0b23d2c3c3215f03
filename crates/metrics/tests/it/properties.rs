//! What holds for any scores.

use proptest::prelude::*;
use resnet_metrics::{OperatingRule, Reliability, Scored, softmax};

const RULES: [OperatingRule; 3] =
    [OperatingRule::Youden, OperatingRule::Sensitivity(0.8), OperatingRule::Specificity(0.8)];

/// Scores of few different values, so that ties are frequent.
fn examples() -> impl Strategy<Value = Vec<(f64, bool)>> {
    let score = (0..=20_u32).prop_map(|n| f64::from(n) / 20.0);
    prop::collection::vec((score, any::<bool>()), 1..60)
}

fn scored(examples: &[(f64, bool)]) -> Scored {
    let (scores, positive): (Vec<f64>, Vec<bool>) = examples.iter().copied().unzip();
    Scored::new(&scores, &positive).expect("sound")
}

/// The definition: every pair of a positive and a negative, ties counting half.
fn auroc_by_pairs(examples: &[(f64, bool)]) -> Option<f64> {
    let of = |class| examples.iter().filter(move |example| example.1 == class);
    let pairs = of(true).flat_map(|(p, _)| of(false).map(move |(n, _)| (*p, *n)));
    let credit = |(p, n): (f64, f64)| if p > n { 1.0 } else { f64::from(u8::from(p == n)) / 2.0 };
    let sum = |(sum, count), pair| (sum + credit(pair), count + 1.0);
    let (sum, count) = pairs.fold((0.0, 0.0), sum);
    (count > 0.0).then(|| sum / count)
}

proptest! {
    #[test]
    fn the_area_is_the_share_of_pairs_in_the_right_order(examples in examples()) {
        let (found, expected) = (scored(&examples).auroc(), auroc_by_pairs(&examples));
        prop_assert_eq!(found.is_some(), expected.is_some());
        prop_assert!((found.unwrap_or(0.0) - expected.unwrap_or(0.0)).abs() < 1e-12);
    }

    #[test]
    fn a_resample_is_the_examples_it_holds(
        examples in examples(),
        draws in prop::collection::vec(any::<prop::sample::Index>(), 1..80),
    ) {
        let drawn: Vec<usize> = draws.iter().map(|draw| draw.index(examples.len())).collect();
        let picked: Vec<_> = drawn.iter().map(|&n| examples[n]).collect();
        let (resample, fresh) = (scored(&examples).resampled(&drawn), scored(&picked));
        prop_assert_eq!(resample.auroc(), fresh.auroc());
        prop_assert_eq!(resample.average_precision(), fresh.average_precision());
        prop_assert_eq!(resample.roc_curve(), fresh.roc_curve());
        prop_assert_eq!(resample.pr_curve(), fresh.pr_curve());
        for rule in RULES {
            prop_assert_eq!(resample.threshold(rule), fresh.threshold(rule));
        }
    }

    #[test]
    fn a_wanted_sensitivity_or_specificity_is_reached(
        examples in examples(),
        wanted in 0.0..=1.0_f64,
    ) {
        let scored = scored(&examples);
        if let Some(threshold) = scored.threshold(OperatingRule::Sensitivity(wanted)) {
            prop_assert!(scored.counts_at(threshold).sensitivity().is_some_and(|s| s >= wanted));
        }
        if let Some(threshold) = scored.threshold(OperatingRule::Specificity(wanted)) {
            prop_assert!(scored.counts_at(threshold).specificity().is_some_and(|s| s >= wanted));
        }
    }

    #[test]
    fn the_last_bit_of_a_score_changes_no_answer(
        examples in examples(),
        ups in prop::collection::vec(any::<bool>(), 60),
    ) {
        let rounded = |(&(score, positive), &up): (&(f64, bool), &bool)| {
            (if up { score.next_up() } else { score.next_down() }, positive)
        };
        let others: Vec<_> = examples.iter().zip(&ups).map(rounded).collect();
        let chosen_on = scored(&examples);
        let rules = RULES.into_iter().chain([0.0, 1.0].map(OperatingRule::Specificity));
        for threshold in rules.filter_map(|rule| chosen_on.threshold(rule)) {
            let answers = |(score, _): &(f64, bool)| *score >= threshold;
            prop_assert!(examples.iter().map(answers).eq(others.iter().map(answers)));
        }
    }

    #[test]
    fn every_event_is_in_the_bin_of_its_probability(
        probabilities in prop::collection::vec(0.0..=1.0_f64, 1..50),
        bins in 1..30_usize,
    ) {
        // Edges too, on which rounding decides.
        let edges = (0..=bins).map(|edge| edge as f64 / bins as f64);
        let all: Vec<f64> = probabilities.into_iter().chain(edges).collect();
        let reliability = Reliability::new(&all, &vec![true; all.len()], bins).expect("sound");
        for (number, bin) in reliability.bins().iter().enumerate() {
            let inside = |p: &&f64| (**p > bin.above || number == 0) && **p <= bin.up_to;
            prop_assert_eq!(bin.events, all.iter().filter(inside).count() as u64);
        }
    }

    #[test]
    fn probabilities_add_up_to_one(
        logits in prop::collection::vec(-800.0..800.0_f64, 1..20),
        temperature in 0.1..10.0_f64,
    ) {
        let sum: f64 = softmax(&logits, temperature).iter().sum();
        prop_assert!((sum - 1.0).abs() < 1e-12);
    }
}
