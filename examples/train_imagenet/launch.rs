//! How this process was started, and those that were started with it.

use std::time::Duration;
use std::{env, fs, thread};

use anyhow::{Context, Result};
use resnet::distributed::{Launch, LaunchError, World, detect, is_first};
use sha2::{Digest, Sha256};

fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// By which launcher.
pub(crate) fn launch() -> Result<Launch, LaunchError> {
    detect(variable)
}

/// Refuses to be one of several processes, for `what` is done by one.
pub(crate) fn alone(what: &'static str) -> Result<(), LaunchError> {
    if launch()?.is_alone() { Ok(()) } else { Err(LaunchError::ForOne { what }) }
}

/// The other processes, which all have to be there and run the same program.
pub(crate) fn connected(launch: Launch) -> Result<World> {
    let world = connect(launch)?;
    if let Err(error) = check(launch, &world) {
        world.end(&format!("{error:#}"));
        return Err(error);
    }
    Ok(world)
}

fn check(launch: Launch, world: &World) -> Result<()> {
    launch.check(world.size())?;
    if !world.is_alone() {
        world.agree("the file of the program", &Sha256::digest(own_file()?))?;
    }
    Ok(())
}

#[cfg(feature = "mpi")]
fn connect(launch: Launch) -> Result<World> {
    match launch {
        Launch::Alone => Ok(World::alone()),
        Launch::Mpi { .. } => Ok(resnet::distributed::mpi::world()?),
    }
}

#[cfg(not(feature = "mpi"))]
fn connect(launch: Launch) -> Result<World> {
    if launch.is_alone() { Ok(World::alone()) } else { Err(LaunchError::NotBuilt.into()) }
}

/// The program's bytes. Linux has them also where the file was replaced meanwhile.
fn own_file() -> Result<Vec<u8>> {
    let read = || fs::read("/proc/self/exe").or_else(|_missing| fs::read(env::current_exe()?));
    read().context("cannot read the file of the program, which all processes compare")
}

/// Whether another process tells this error, which all that were started have. It is given time to do so:
/// launchers end all processes when the first has ended.
pub(crate) fn is_told_by_another(error: &anyhow::Error) -> bool {
    let by_another = error.is::<LaunchError>() && !is_first(variable);
    if by_another {
        thread::sleep(Duration::from_secs(3));
    }
    by_another
}
