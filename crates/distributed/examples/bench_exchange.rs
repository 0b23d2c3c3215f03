//! How long ranks take to add up their numbers: JSON lines, medians of rank 0.
//!
//! ```text
//! cargo run --release -p resnet-distributed --example bench_exchange -- 2
//! cargo build --release -p resnet-distributed --features mpi --example bench_exchange
//! mpirun -np 2 target/release/examples/bench_exchange
//! ```
//!
//! With a number of ranks these are threads of one process, without it processes that MPI connects.

use std::time::Instant;

use anyhow::Result;
use resnet_distributed::{CollectiveError, Wire, World, threads};

/// Numbers in an exchange: a report's, a bucket's, and the gradients of ResNet-50.
const LENGTHS: [usize; 3] = [1 << 10, 1 << 22, 25_557_032];
const TIMES: usize = 7;

fn main() -> Result<()> {
    match std::env::args().nth(1) {
        Some(ranks) => {
            threads::run(threads::worlds(ranks.parse()?), |world| measure(&world, "threads"))?;
        }
        None => measure(&connected()?, "mpi")?,
    }
    Ok(())
}

#[cfg(feature = "mpi")]
fn connected() -> Result<World> {
    Ok(resnet_distributed::mpi::world()?)
}

#[cfg(not(feature = "mpi"))]
fn connected() -> Result<World> {
    anyhow::bail!("built without MPI: give a number of ranks, or build with `--features mpi`")
}

fn measure(world: &World, ranks_are: &str) -> Result<(), CollectiveError> {
    let tell = |what: &str, bytes: usize, milliseconds: f64| {
        if world.is_chief() {
            let ranks = world.size();
            println!(
                "{{\"ranks\": {ranks}, \"ranks_are\": \"{ranks_are}\", \"what\": \"{what}\", \
                 \"bytes\": {bytes}, \"milliseconds\": {milliseconds:.3}}}"
            );
        }
    };
    for length in LENGTHS {
        for (what, wire, size) in [("sum f32", Wire::F32, 4), ("sum bf16", Wire::Bf16, 2)] {
            let mut values = vec![1.0_f32; length];
            let time = median(|| {
                values = world.start_sum(std::mem::take(&mut values), wire).finish()?;
                Ok(())
            })?;
            tell(what, length * size, time);
        }
    }
    // Two statistics for each channel of the widest normalisation of ResNet-50.
    let mut statistics = vec![1.0_f64; 2 * 2048];
    let time = median(|| world.sum_f64(&mut statistics))?;
    tell("sum f64", statistics.len() * 8, time);
    Ok(())
}

/// Milliseconds.
fn median(
    mut exchange: impl FnMut() -> Result<(), CollectiveError>,
) -> Result<f64, CollectiveError> {
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let start = Instant::now();
        exchange()?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[TIMES / 2])
}
