//! A few exchanges between processes, to try an installation of MPI.
//!
//! ```text
//! cargo build --release -p resnet-distributed --features mpi --example mpi_ranks
//! mpirun -np 2 target/release/examples/mpi_ranks
//! mpirun -np 2 target/release/examples/mpi_ranks fail
//! ```
//!
//! With `fail`, rank 1 ends with an error while rank 0 waits for it; with `vanish`, it is gone without
//! a word; with `disagree`, it was started with something else; with `hang`, it does nothing any more.

use std::env;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use resnet_distributed::{Wire, World, detect, mpi};

fn main() -> Result<ExitCode> {
    let launch = detect(|name| env::var(name).ok())?;
    let world = mpi::world()?;
    let connected = launch.check(world.size()).map_err(Into::into);
    let result = connected.and_then(|()| exchange(&world, env::args().nth(1).as_deref()));
    if let Err(error) = &result {
        world.end(&error.to_string());
    }
    result.map(|()| ExitCode::SUCCESS)
}

fn exchange(world: &World, wish: Option<&str>) -> Result<()> {
    let (rank, size) = (world.rank(), world.size());
    if wish == Some("hang") {
        world.set_timeout(Some(Duration::from_secs(2)));
    }
    match (rank, wish) {
        (1, Some("fail")) => bail!("as was asked"),
        (1, Some("vanish")) => std::process::abort(),
        (1, Some("hang")) => std::thread::sleep(Duration::from_secs(3600)),
        (1, Some("disagree")) => world.agree("the recipe", b"another")?,
        _ => world.agree("the recipe", b"one")?,
    }
    let mut values = vec![rank as f32 + 0.5; 5_000_000];
    world.sum(&mut values)?;
    let expected = (0..size).map(|rank| rank as f32 + 0.5).sum::<f32>();
    ensure!(values.iter().all(|&value| value == expected), "a sum is wrong");
    let rounded = world.start_sum(vec![rank as f32 + 0.5; 1001], Wire::Bf16).finish()?;
    ensure!(rounded.iter().all(|&value| value == expected), "a sum of 16 bits is wrong");
    let mut wide = [0.1, rank as f64];
    world.sum_f64(&mut wide)?;
    let ranks = (0..size).map(|rank| rank as f64).sum::<f64>();
    ensure!(wide[1] == ranks && (wide[0] - 0.1 * size as f64).abs() < 1e-15, "a wide sum is wrong");
    let all = world.gather(vec![rank as u8; rank + 1])?;
    ensure!(
        all.iter().enumerate().all(|(of, bytes)| bytes.len() == of + 1),
        "a gathered part is wrong"
    );
    ensure!(world.broadcast(|| b"hello".to_vec())? == b"hello", "a broadcast is wrong");
    if world.is_chief() {
        println!("{size} ranks, all right");
    }
    Ok(())
}
