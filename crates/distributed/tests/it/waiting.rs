//! A rank that does not come.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use resnet_distributed::{CollectiveError, Wire, World, threads};

use crate::Answer;

/// Ranks are given as long once more to end by themselves.
const TIMEOUT: Duration = Duration::from_millis(500);

/// Three ranks, of which this one comes to the first exchange after `delay`.
fn late(rank: usize, delay: Duration, timeout: Option<Duration>) -> Answer<Vec<()>> {
    threads::run(threads::worlds(3), |world: World| {
        world.set_timeout(timeout);
        if world.rank() == rank {
            thread::sleep(delay);
        }
        world.sum(&mut [1.0; 25])
    })
}

#[test]
fn a_rank_that_comes_too_late_is_named_with_what_the_others_waited_for() {
    for rank in [0, 2] {
        let error = late(rank, TIMEOUT * 6 / 5, Some(TIMEOUT)).expect_err("too late");
        let CollectiveError::Timeout { exchange, waited, missing } = &error else {
            panic!("{error}")
        };
        assert_eq!((exchange.as_str(), *waited), ("a sum of 25 numbers", TIMEOUT));
        assert_eq!(missing, &[rank]);
        let told = error.to_string();
        assert!(told.contains(&format!("waited 500ms for rank {rank}: that rank hangs")), "{told}");
    }
}

/// Gradients are sent without anybody looking at once.
#[test]
fn a_sum_that_waited_too_long_is_what_the_next_exchange_tells() {
    let told = threads::run(threads::worlds(2), |world: World| {
        world.set_timeout(Some(TIMEOUT));
        if world.rank() == 1 {
            thread::sleep(TIMEOUT * 6 / 5);
        }
        let sums = world.start_sum(vec![1.0; 25], Wire::F32);
        let later = world.sum(&mut [1.0]);
        sums.finish().map(|_sums| ()).and(later)
    });
    let told = told.expect_err("too late").to_string();
    assert!(told.starts_with("a sum of 25 numbers has waited"), "{told}");
}

#[test]
fn without_a_timeout_or_within_it_nobody_minds() {
    for timeout in [None, Some(100 * TIMEOUT), Some(Duration::MAX)] {
        late(1, TIMEOUT * 6 / 5, timeout).expect("it came");
    }
}

#[test]
fn the_comparison_of_a_recipe_is_named_too() {
    let error = threads::run(threads::worlds(2), |world: World| {
        world.set_timeout(Some(TIMEOUT));
        if world.rank() == 1 {
            thread::sleep(TIMEOUT * 6 / 5);
        }
        world.agree("the recipe", b"one")
    });
    let told = error.expect_err("too late").to_string();
    assert!(told.starts_with("the comparison of the recipe has waited"), "{told}");
}

/// Runs itself once more: what hangs cannot be ended within a process.
#[test]
fn a_thread_that_hangs_ends_the_process_with_a_message() {
    const HANGING: &str = "RESNET_TEST_HANGING_RANK";
    if let Ok(rank) = std::env::var(HANGING) {
        late(rank.parse().expect("a rank"), Duration::from_secs(3600), Some(TIMEOUT)).ok();
        unreachable!("the process has ended");
    }
    for rank in ["0", "1"] {
        let mut test = Command::new(std::env::current_exe().expect("this test"));
        test.args(["a_thread_that_hangs", "--nocapture"]).env(HANGING, rank);
        let start = Instant::now();
        let output = test.output().expect("a process");
        assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(
            told.contains(&format!("error: a sum of 25 numbers has waited 500ms for rank {rank}")),
            "{told}"
        );
        assert_eq!(output.status.code(), Some(1), "{told}");
    }
}
