//! On how many devices and in how many processes a run trains.

use std::str::FromStr;

use anyhow::{Result, bail, ensure};
use resnet::distributed::{Launch, World};
use resnet::recipe::GradientExchange;
use resnet::training::device::{DeviceError, alike, for_ranks, share_out};
use resnet::{Chosen, DeviceChoice, GpuApi, choose_device};

use crate::launch;

/// What `--num-gpus` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeviceCount {
    /// As many as there are.
    All,
    /// This many.
    Exactly(usize),
}

impl DeviceCount {
    /// How many a process takes; all if that is not said.
    fn each(self) -> Option<usize> {
        match self {
            Self::All => None,
            Self::Exactly(count) => Some(count),
        }
    }
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
        let launch = launch::launch()?;
        let world = launch::connected(launch)?;
        let number = match launch {
            Launch::Mpi { local_rank, .. } if !world.is_alone() => Some(local_rank),
            _ => None,
        };
        let devices = devices(choice, count, number);
        if let Err(error) = &devices {
            world.end(&error.to_string());
        }
        let devices = devices?;
        let kind = devices[0].api.map_or("cpu", GpuApi::feature);
        world.agree("the kind of device that is found", kind.as_bytes())?;
        Ok(Self { world, devices })
    }

    /// Whether this process speaks for all.
    pub(crate) fn is_chief(&self) -> bool {
        self.world.is_chief()
    }

    /// The devices in a sentence, with the way of their gradients.
    pub(crate) fn announcement(&self, exchange: GradientExchange) -> String {
        let Chosen { name, reason, .. } = &self.devices[0];
        let way = match exchange {
            GradientExchange::Nccl => "NCCL adds up gradients within a process",
            GradientExchange::F32 | GradientExchange::Bf16 => "sums go through the host's memory",
        };
        match (self.world.size(), self.devices.len()) {
            (1, 1) => format!("Device: {name} ({reason})."),
            (1, count) => format!("Devices: {count}, the first is {name} ({reason}); {way}."),
            (processes, count) => format!(
                "Ranks: {} in {processes} processes, connected by MPI; device of rank 0: {name} \
                 ({reason}); {way}.",
                processes * count
            ),
        }
    }
}

/// The devices of this process. Processes of one machine, of which it has the number `local_rank`, take turns.
fn devices(
    choice: DeviceChoice,
    count: DeviceCount,
    local_rank: Option<usize>,
) -> Result<Vec<Chosen>> {
    let is_one = local_rank.is_none() && count == DeviceCount::Exactly(1);
    if !is_one {
        check_unnumbered(choice)?;
    }
    let Some(local_rank) = local_rank else {
        let first = choose_device(choice)?;
        if is_one {
            return Ok(vec![first]);
        }
        let taken = share_out(&alike(choice, &first), count.each(), 0)?;
        return taken.into_iter().map(|device| Ok(choose_device(device)?)).collect();
    };
    let (all, reason) = for_ranks(choice)?;
    let own = share_out(&all, count.each(), local_rank)?;
    own.into_iter().map(|device| of_rank(device, &reason)).collect()
}

/// A rank that fell back to another kind of device would hold up all others.
fn of_rank(device: DeviceChoice, reason: &str) -> Result<Chosen> {
    match choose_device(device) {
        Ok(chosen) => Ok(Chosen { reason: reason.to_owned(), ..chosen }),
        Err(DeviceError::NotWorking { name, reason }) => {
            bail!(
                "{name} cannot be used: {reason}; ranks take what they find, and none goes on without its own"
            )
        }
        Err(error) => Err(error.into()),
    }
}

/// Refuses a device by its number.
fn check_unnumbered(choice: DeviceChoice) -> Result<()> {
    if let DeviceChoice::Gpu(api, number) = choice {
        ensure!(
            number == 0,
            "--device {choice}: several ranks take the devices of a kind from the first on; write --device {}",
            api.feature()
        );
    }
    Ok(())
}
