//! Ranks as threads.

mod nested;
mod waiting;

use resnet_distributed::{CollectiveError, Wire, World, threads};

pub(crate) type Answer<T> = Result<T, CollectiveError>;

#[test]
fn sums_are_those_of_all_ranks_and_the_same_bits_on_each() {
    for (ranks, len) in [(1, 5), (2, 1), (3, 1000), (4, 3), (5, 0)] {
        let value = |rank: usize, i: usize| ((rank * 31 + i * 7) % 97) as f32 * 0.1;
        let sums = threads::run(threads::worlds(ranks), |world| {
            let mut values: Vec<f32> = (0..len).map(|i| value(world.rank(), i)).collect();
            world.sum(&mut values)?;
            Answer::Ok(values)
        });
        let sums = sums.expect("no rank fails");
        let expected: Vec<f32> = (0..len)
            .map(|i| (0..ranks).map(|rank| value(rank, i)).fold(0.0, |a, b| a + b))
            .collect();
        assert!(sums.iter().all(|of_rank| *of_rank == expected), "{ranks} ranks, {len} numbers");
    }
}

#[test]
fn sums_of_16_bits_are_rounded_once_on_each_way() {
    let sums = threads::run(threads::worlds(3), |world| {
        let values = vec![1.0 + 1.0 / 512.0, 1000.0, world.rank() as f32];
        world.start_sum(values, Wire::Bf16).finish()
    });
    // 1 + 1/512 has one bit more than bf16 keeps.
    assert!(sums.expect("no rank fails").iter().all(|sums| *sums == [3.0, 3008.0, 3.0]));
}

#[test]
fn after_an_exchange_that_failed_every_other_is_the_same_error() {
    let errors = threads::run(threads::worlds(2), |world| {
        if world.rank() == 1 {
            world.end("enough");
            return Ok(Vec::new());
        }
        let mut errors = vec![world.sum(&mut [1.0]).expect_err("rank 1 ended").to_string()];
        errors.push(world.sum_f64(&mut [1.0]).expect_err("still").to_string());
        errors.push(world.start_sum(vec![1.0], Wire::F32).finish().expect_err("s").to_string());
        Answer::Ok(errors)
    });
    let errors = &errors.expect("none is passed on")[0];
    assert!(errors.iter().all(|error| error.contains("enough")), "{errors:?}");
}

#[test]
fn what_is_gathered_and_broadcast_arrives_everywhere_many_times_over() {
    threads::run(threads::worlds(3), |world| {
        for round in 0..200_u8 {
            let all = world.gather(vec![world.rank() as u8; usize::from(round)])?;
            assert!(
                all.iter()
                    .enumerate()
                    .all(|(rank, bytes)| *bytes == vec![rank as u8; usize::from(round)])
            );
            assert_eq!(world.broadcast(|| vec![round])?, [round]);
            let mut numbers = [0.1, world.rank() as f64];
            world.sum_f64(&mut numbers)?;
            assert_eq!(numbers, [0.1 + 0.1 + 0.1, 3.0]);
        }
        Answer::Ok(())
    })
    .expect("no rank fails");
}

#[test]
fn ranks_that_disagree_all_hear_who_it_is() {
    let error = threads::run(threads::worlds(4), |world| {
        world.agree("the recipe", &[u8::from(world.rank() == 2)])
    });
    let error = error.expect_err("rank 2 has another");
    let CollectiveError::Disagreement { what, ranks } = &error else { panic!("{error}") };
    assert_eq!((what.as_str(), &ranks[..]), ("the recipe", &[2][..]));
    assert!(error.to_string().contains("rank 2"), "{error}");
}

#[test]
fn the_error_of_one_rank_ends_all_and_is_the_one_that_is_told() {
    let result = threads::run(threads::worlds(3), |world: World| {
        if world.rank() == 1 {
            return Err("no such image".to_owned());
        }
        let mut values = [1.0];
        world.sum(&mut values).map_err(|error| error.to_string())
    });
    assert_eq!(result.expect_err("rank 1 fails"), "no such image");
}

#[test]
fn a_rank_that_leaves_or_panics_does_not_leave_the_others_waiting() {
    let waiting = |world: World| world.sum(&mut [1.0]);
    let left =
        threads::run(
            threads::worlds(2),
            |world| if world.rank() == 1 { Ok(()) } else { waiting(world) },
        );
    assert!(left.expect_err("alone").to_string().contains("rank 1"), "says who");
    let panicked = std::panic::catch_unwind(|| {
        threads::run(threads::worlds(2), |world| {
            assert!(world.rank() == 0, "on purpose");
            waiting(world)
        })
    });
    assert!(panicked.is_err(), "the panic is passed on, and nobody waits");
}

#[test]
fn exchanges_that_do_not_fit_are_errors_and_not_garbage() {
    let result =
        threads::run(threads::worlds(2), |world| world.sum(&mut vec![1.0; 1 + world.rank()]));
    assert!(matches!(result, Err(CollectiveError::Mismatch { .. })), "{result:?}");
}

#[test]
fn a_rank_that_is_alone_needs_nobody() {
    let world = World::alone();
    let mut values = [2.5];
    world.sum(&mut values).expect("nobody to wait for");
    world.agree("anything", b"x").expect("with itself");
    assert_eq!((values, world.size(), world.is_chief()), ([2.5], 1, true));
    assert_eq!(world.broadcast(|| vec![7]).expect("to itself"), [7]);
}
