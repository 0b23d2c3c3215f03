//! Intervals against NumPy's, and what they promise.

use resnet_metrics::{Bootstrap, Groups, Interval, Scored};

use crate::golden::{Ends, golden};

/// The end of an interval from 20,000 resamples has a standard error of about 0.02 deviations of the
/// figure; the peer's has the same, and four times both together is not exceeded by chance.
fn assert_near(found: Interval, expected: &Ends) {
    let room = 4.0 * 0.03 * expected.deviation;
    for (found, end) in [(found.low, expected.low), (found.high, expected.high)] {
        assert!((found - end).abs() <= room, "{found} is not within {room} of {end}");
    }
}

#[test]
fn intervals_are_numpys_to_the_error_of_chance() {
    let case = golden().bootstrap;
    let scored = Scored::new(&case.scores, &case.truth()).expect("sound");
    let bootstrap = Bootstrap { resamples: case.resamples, ..Bootstrap::default() };
    let auroc = |drawn: &[usize]| scored.resampled(drawn).auroc();
    let grouped = bootstrap.interval(&Groups::by_name(&case.groups), auroc).expect("defined");
    let single = bootstrap.interval(&Groups::none(scored.len()), auroc).expect("defined");
    assert_near(grouped, &case.grouped);
    assert_near(single, &case.single);
    let width = |of: Interval| of.high - of.low;
    assert!(width(grouped) > 1.2 * width(single), "alike examples tell less than they are many");
}

#[test]
fn the_seed_alone_decides() {
    let case = golden().bootstrap;
    let scored = Scored::new(&case.scores, &case.truth()).expect("sound");
    let groups = Groups::by_name(&case.groups);
    let with = |seed| {
        let bootstrap = Bootstrap { resamples: 200, seed, ..Bootstrap::default() };
        bootstrap.interval(&groups, |drawn| scored.resampled(drawn).auroc()).expect("defined")
    };
    assert_eq!(with(3), with(3));
    assert_ne!(with(3), with(4));
}

#[test]
fn a_group_is_drawn_as_a_whole() {
    let groups = Groups::by_name(&["b", "a", "b", "c"]);
    assert_eq!(groups.len(), 3);
    let bootstrap = Bootstrap { resamples: 50, ..Bootstrap::default() };
    let interval = bootstrap.interval(&groups, |drawn| {
        let times = |example| drawn.iter().filter(|&&drawn| drawn == example).count();
        assert_eq!(times(0), times(2));
        assert_eq!(times(0) + times(1) + times(3), 3);
        Some(0.0)
    });
    assert!(interval.is_some_and(|interval| interval.resamples == 50));
}

#[test]
fn groups_of_a_part_are_numbered_anew() {
    let part = Groups::by_name(&["b", "a", "b", "c"]).of(&[2, 3, 0]);
    assert_eq!(part.len(), 2);
    let bootstrap = Bootstrap { resamples: 50, ..Bootstrap::default() };
    bootstrap.interval(&part, |drawn| {
        let times = |example| drawn.iter().filter(|&&drawn| drawn == example).count();
        assert_eq!(times(0), times(2), "both of b");
        assert_eq!(times(0) + times(1), 2);
        Some(0.0)
    });
}

#[test]
fn a_figure_that_most_resamples_lack_has_no_interval() {
    let bootstrap = Bootstrap { resamples: 100, ..Bootstrap::default() };
    let groups = Groups::none(10);
    assert_eq!(bootstrap.interval(&groups, |_| None), None);
    let rarely = |drawn: &[usize]| (drawn[0] == 0).then_some(1.0);
    assert_eq!(bootstrap.interval(&groups, rarely), None);
    let mostly = |drawn: &[usize]| (drawn[0] != 0).then_some(1.0);
    let interval = bootstrap.interval(&groups, mostly).expect("nine of ten");
    assert!((75..100).contains(&interval.resamples));
    assert_eq!((interval.low, interval.high), (1.0, 1.0));
}

#[test]
fn one_group_says_nothing_about_others() {
    let of = |groups| Bootstrap::default().interval(&groups, |_| Some(0.5));
    assert_eq!(of(Groups::by_name(&["a", "a"])), None);
    assert_eq!(of(Groups::none(0)), None);
}
