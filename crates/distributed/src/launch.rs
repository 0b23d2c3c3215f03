//! How a process was started: alone, or as one of many.

use thiserror::Error;

/// How a process was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Launch {
    /// By itself.
    Alone,
    /// By a launcher that MPI knows: `mpirun`, `mpiexec` or `srun`.
    Mpi {
        /// Number of this process among those on the same machine, from 0: which device is its own.
        local_rank: usize,
    },
}

/// The process was started in a way that does not connect it with others.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "torchrun started {size} processes but no MPI: each would train for itself. {first} is the first \
     machine; start the same with `mpirun -np {size} --host {first},… PROGRAM`, or with srun"
)]
pub struct LaunchError {
    /// Processes that were started.
    pub size: usize,
    /// Address of the first rank's machine.
    pub first: String,
}

/// Whatever names the number of processes, and this one's number on its machine.
const LAUNCHERS: [(&str, &str); 5] = [
    ("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK"),
    ("MPI_LOCALNRANKS", "MPI_LOCALRANKID"),
    ("PMIX_RANK", "SLURM_LOCALID"),
    ("PMI_SIZE", "SLURM_LOCALID"),
    ("PMI_SIZE", "MPI_LOCALRANKID"),
];

/// Finds out by the environment, read through `variable`, how the process was started.
///
/// # Errors
/// [`LaunchError`] for `torchrun`, which connects processes in PyTorch's way only. Its variables say
/// what to write instead.
pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Result<Launch, LaunchError> {
    let number = |name: &str| variable(name).and_then(|text| text.trim().parse::<usize>().ok());
    let by_mpi = LAUNCHERS.iter().find(|(size, _)| number(size).is_some());
    if by_mpi.is_some() {
        let local = LAUNCHERS.iter().find_map(|(_, local)| number(local));
        return Ok(Launch::Mpi { local_rank: local.unwrap_or(0) });
    }
    match (number("WORLD_SIZE"), variable("TORCHELASTIC_RUN_ID"), variable("MASTER_ADDR")) {
        (Some(size), Some(_), first) if size > 1 => {
            Err(LaunchError { size, first: first.unwrap_or_else(|| "localhost".to_owned()) })
        }
        _ => Ok(Launch::Alone),
    }
}

#[cfg(test)]
mod tests {
    use super::{Launch, detect};

    fn launched(variables: &[(&str, &str)]) -> Result<Launch, String> {
        let find = |name: &str| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        detect(find).map_err(|error| error.to_string())
    }

    #[test]
    fn launchers_are_known_by_their_variables() {
        assert_eq!(launched(&[]), Ok(Launch::Alone));
        let mpirun = [("OMPI_COMM_WORLD_SIZE", "4"), ("OMPI_COMM_WORLD_LOCAL_RANK", "3")];
        assert_eq!(launched(&mpirun), Ok(Launch::Mpi { local_rank: 3 }));
        let srun = [("PMIX_RANK", "9"), ("SLURM_LOCALID", "1"), ("SLURM_NTASKS", "16")];
        assert_eq!(launched(&srun), Ok(Launch::Mpi { local_rank: 1 }));
        // A shell on a Slurm node, where nothing was started by srun.
        assert_eq!(launched(&[("SLURM_NTASKS", "16")]), Ok(Launch::Alone));
    }

    #[test]
    fn torchrun_is_refused_with_the_command_that_works() {
        let torchrun =
            [("WORLD_SIZE", "8"), ("TORCHELASTIC_RUN_ID", "x"), ("MASTER_ADDR", "node7")];
        let error = launched(&torchrun).expect_err("no MPI");
        assert!(error.contains("mpirun -np 8 --host node7"), "{error}");
        let one = [("WORLD_SIZE", "1"), ("TORCHELASTIC_RUN_ID", "x")];
        assert_eq!(launched(&one), Ok(Launch::Alone));
    }
}
