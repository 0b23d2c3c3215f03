//! Ranks that are threads of several processes; a thread stands for a process here.

use std::thread;
use std::time::Duration;

use resnet_distributed::{CollectiveError, Wire, World, nested, threads};

use crate::Answer;

/// What each rank makes of `work`, of two processes with this many threads.
fn among<T: Send>(
    sizes: [usize; 2],
    work: impl Fn(World) -> Answer<T> + Sync,
) -> Answer<Vec<Vec<T>>> {
    threads::run(threads::worlds(2), |process| {
        threads::run(nested(&process, sizes[process.rank()])?, &work)
    })
}

#[test]
fn exchanges_are_those_of_all_threads_of_all_processes() {
    let made = among([3, 3], |world| {
        let rank = world.rank();
        let mut sums = vec![rank as f32, 1.0];
        world.sum(&mut sums)?;
        let rounded = world.start_sum(vec![1.0 + 1.0 / 512.0], Wire::Bf16).finish()?;
        let mut wide = [rank as f64];
        world.sum_f64(&mut wide)?;
        let gathered = world.gather(vec![rank as u8; rank])?;
        let message = world.broadcast(|| b"from 0".to_vec())?;
        Ok((rank, world.size_here(), world.is_first_here(), sums, rounded, wide, gathered, message))
    });
    let all: Vec<_> = made.expect("no rank fails").into_iter().flatten().collect();
    for (number, (rank, here, is_first, sums, rounded, wide, gathered, message)) in
        all.into_iter().enumerate()
    {
        assert_eq!((rank, here, is_first), (number, 3, number % 3 == 0));
        assert_eq!((sums, wide), (vec![15.0, 6.0], [15.0]));
        // Rounded between processes alone: 6.01171875 on each of the two ways.
        assert_eq!(rounded, [6.0]);
        let lengths: Vec<usize> = gathered.iter().map(Vec::len).collect();
        assert_eq!((lengths, &message[..]), (vec![0, 1, 2, 3, 4, 5], &b"from 0"[..]));
    }
}

#[test]
fn of_what_a_process_has_added_up_the_first_rank_alone_counts() {
    let made = among([2, 2], |world| {
        let values =
            if world.is_first_here() { vec![1.0 + world.rank() as f32] } else { Vec::new() };
        let first = world.start_sum_of_processes(values.clone(), Wire::F32);
        let second = world.start_sum_of_processes(values, Wire::F32);
        Ok((first.finish()?, second.finish()?))
    });
    let all: Vec<_> = made.expect("no rank fails").into_iter().flatten().collect();
    assert!(all.iter().all(|sums| *sums == (vec![4.0], vec![4.0])), "{all:?}");
}

#[test]
fn one_rank_in_each_process_is_the_process_itself() {
    let made = among([1, 1], |world| {
        let mut sums = [world.rank() as f32, 1.0];
        world.sum(&mut sums)?;
        Ok((world.rank(), world.size(), sums))
    });
    let all: Vec<_> = made.expect("no rank fails").into_iter().flatten().collect();
    assert_eq!(all, [(0, 2, [1.0, 2.0]), (1, 2, [1.0, 2.0])]);
    let error = among([1, 2], |_world| Ok(())).expect_err("1 and 2");
    assert!(error.to_string().contains("the number of devices of a process of rank 1"), "{error}");
}

#[test]
fn processes_with_other_numbers_of_threads_are_refused() {
    let error = among([2, 3], |_world| Ok(())).expect_err("2 and 3");
    assert!(error.to_string().contains("the number of devices of a process of rank 1"), "{error}");
}

#[test]
fn a_rank_that_fails_ends_those_of_all_processes_and_has_its_number_among_all() {
    let heard = among([2, 2], |world| {
        if world.rank() == 3 {
            world.end("no such image");
            return Ok(String::new());
        }
        Ok(world.sum(&mut [1.0]).expect_err("rank 3 ended").to_string())
    });
    let heard: Vec<String> = heard.expect("told").into_iter().flatten().collect();
    assert!(heard[..3].iter().all(|told| told.contains("no such image")), "{heard:?}");
    assert!(heard[2].contains("rank 3"), "{heard:?}");
}

#[test]
fn a_thread_that_is_late_is_missed_in_its_process_and_its_process_in_the_others() {
    let error = among([2, 2], |world| {
        world.set_timeout(Some(Duration::from_millis(500)));
        if world.rank() == 3 {
            thread::sleep(Duration::from_millis(600));
        }
        world.sum(&mut [1.0])
    });
    let CollectiveError::Timeout { missing, .. } = error.expect_err("late") else {
        panic!("another error")
    };
    // Rank 2 misses its thread, rank 0 the other process.
    assert!(missing == [3] || missing == [1], "{missing:?}");
}
