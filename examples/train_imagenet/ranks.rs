//! On how many devices and in how many processes a run trains.

use std::str::FromStr;

use anyhow::{Context, Result, ensure};
use resnet::distributed::{Launch, World, detect};
use resnet::training::device::found;
use resnet::{Chosen, DeviceChoice, choose_device};

/// What `--num-gpus` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeviceCount {
    /// As many as there are.
    All,
    /// This many.
    Exactly(usize),
}

impl FromStr for DeviceCount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(count) if count > 0 => Ok(Self::Exactly(count)),
            _ if text == "all" => Ok(Self::All),
            _ => Err("write a number of devices from 1, or all".to_owned()),
        }
    }
}

/// How this process trains.
pub(crate) struct Place {
    /// The ranks in other processes.
    pub(crate) world: World,
    /// The devices of this process.
    pub(crate) devices: Vec<Chosen>,
}

impl Place {
    /// Finds out by which launcher the process was started, and which devices are its own.
    pub(crate) fn find(choice: DeviceChoice, count: DeviceCount) -> Result<Self> {
        match detect(|name| std::env::var(name).ok())? {
            Launch::Alone => Ok(Self { world: World::alone(), devices: devices(choice, count)? }),
            Launch::Mpi { local_rank } => Self::by_mpi(choice, count, local_rank),
        }
    }

    fn by_mpi(choice: DeviceChoice, count: DeviceCount, local_rank: usize) -> Result<Self> {
        let world = connect()?;
        if world.is_alone() {
            return Ok(Self { world, devices: devices(choice, count)? });
        }
        let device = of_local_rank(choice, count, local_rank);
        if let Err(error) = &device {
            world.end(&error.to_string());
        }
        Ok(Self { devices: vec![device?], world })
    }

    /// Whether this process speaks for all.
    pub(crate) fn is_chief(&self) -> bool {
        self.world.is_chief()
    }

    /// The devices in a sentence.
    pub(crate) fn announcement(&self) -> String {
        let Chosen { name, reason, .. } = &self.devices[0];
        let by_host = "sums go through the host's memory";
        match (self.world.size(), self.devices.len()) {
            (1, 1) => format!("Device: {name} ({reason})."),
            (1, count) => format!("Devices: {count}, the first is {name} ({reason}); {by_host}."),
            (ranks, _) => format!(
                "Ranks: {ranks}, connected by MPI; device of rank 0: {name} ({reason}); {by_host}."
            ),
        }
    }
}

#[cfg(feature = "mpi")]
fn connect() -> Result<World> {
    Ok(resnet::distributed::mpi::world()?)
}

#[cfg(not(feature = "mpi"))]
fn connect() -> Result<World> {
    anyhow::bail!(
        "started by MPI's launcher, but built without MPI: build again with `--features mpi`"
    )
}

/// One device for each process; those of one machine take turns.
fn of_local_rank(choice: DeviceChoice, count: DeviceCount, local_rank: usize) -> Result<Chosen> {
    ensure!(
        count == DeviceCount::Exactly(1),
        "MPI starts a process for each device: leave out --num-gpus"
    );
    let all = alike(choice, &choose_device(choice)?);
    choose_device(all.get(local_rank % all.len().max(1)).copied().unwrap_or(choice))
        .context("the device of this rank")
}

fn devices(choice: DeviceChoice, count: DeviceCount) -> Result<Vec<Chosen>> {
    let first = choose_device(choice)?;
    let all = alike(choice, &first);
    let wanted = match count {
        DeviceCount::Exactly(1) => return Ok(vec![first]),
        // One CPU can be shared by any number of ranks.
        DeviceCount::Exactly(count) if all == [DeviceChoice::Cpu] => return Ok(vec![first; count]),
        DeviceCount::Exactly(count) => count,
        DeviceCount::All => all.len(),
    };
    ensure!(
        wanted <= all.len(),
        "--num-gpus {wanted}: {} found ({}); ask for as many or fewer, or for all",
        all.len(),
        all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    );
    all.into_iter().take(wanted).map(|device| Ok(choose_device(device)?)).collect()
}

/// The devices of the kind that was asked for or, by `auto`, `taken`.
fn alike(choice: DeviceChoice, taken: &Chosen) -> Vec<DeviceChoice> {
    let is_cuda = |device: &DeviceChoice| matches!(device, DeviceChoice::Cuda(_));
    let is_wgpu = |device: &DeviceChoice| matches!(device, DeviceChoice::Wgpu(_));
    let found = found();
    let of_kind = |is: fn(&DeviceChoice) -> bool| found.iter().copied().filter(is).collect();
    match choice {
        _ if taken.name.starts_with("CPU") => vec![DeviceChoice::Cpu],
        DeviceChoice::Wgpu(_) => of_kind(is_wgpu),
        DeviceChoice::Auto if !found.iter().any(is_cuda) => of_kind(is_wgpu),
        _ => of_kind(is_cuda),
    }
}
