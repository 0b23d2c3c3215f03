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
        /// Processes that were started together, where the launcher says how many.
        started: Option<usize>,
    },
}

impl Launch {
    /// Whether no other process was started with this one, as far as the launcher says.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        matches!(self, Self::Alone | Self::Mpi { started: Some(1), .. })
    }

    /// Makes sure that MPI connects all processes that were started; it has `connected` so many.
    ///
    /// A launcher of one MPI and a program built with another start without an error, and each process takes
    /// itself for the only one.
    ///
    /// # Errors
    /// [`LaunchError::NotConnected`] if these are fewer.
    pub fn check(&self, connected: usize) -> Result<(), LaunchError> {
        match *self {
            Self::Mpi { started: Some(started), .. } if connected < started => {
                Err(LaunchError::NotConnected { started, connected })
            }
            _ => Ok(()),
        }
    }
}

/// The process was started in a way that does not connect it with others; so were all that were started
/// with it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LaunchError {
    /// Processes are connected in PyTorch's way only.
    #[error(
        "torchrun, or what sets WORLD_SIZE and RANK as it does, started {size} processes but no MPI: each \
         would train for itself. {first} is the first machine; start the same with \
         `mpirun -np {size} --host {first},… PROGRAM`, with srun or as an MPIJob; where there are no other \
         processes, unset both"
    )]
    PyTorch {
        /// Processes that were started.
        size: usize,
        /// Address of the first rank's machine.
        first: String,
    },
    /// Slurm was told to connect nothing.
    #[error(
        "srun started {size} processes but no MPI: each would train for itself; start them with \
         `srun --mpi=pmix`, or another that `srun --mpi=list` names"
    )]
    Unconnected {
        /// Processes that were started.
        size: usize,
    },
    /// The launcher is that of another MPI.
    #[error(
        "{started} processes were started but MPI connects {connected}: the launcher does not fit the MPI that \
         this program was built with. With srun, use `srun --mpi=pmix` (`srun --mpi=list` says what there \
         is); else start it by the mpirun of that MPI, or build it against the MPI of this cluster"
    )]
    NotConnected {
        /// Processes that were started.
        started: usize,
        /// Processes that MPI knows of.
        connected: usize,
    },
    /// The program has no MPI.
    #[error("started by MPI's launcher, but built without MPI: build again with `--features mpi`")]
    NotBuilt,
    /// The program does this by itself.
    #[error("{what} is for one process and one device: start it without mpirun or srun")]
    ForOne {
        /// What was asked for.
        what: &'static str,
    },
}

/// Variables with this process's number on its machine.
const LOCAL_RANKS: [&str; 3] = ["OMPI_COMM_WORLD_LOCAL_RANK", "SLURM_LOCALID", "MPI_LOCALRANKID"];

/// Variables with this process's number among all, those of the innermost launcher first: mpirun starts its
/// helpers by srun.
const RANKS: [&str; 5] = ["OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK", "SLURM_PROCID", "RANK"];

/// Finds out by the environment, read through `variable`, how the process was started.
///
/// # Errors
/// [`LaunchError`] for `torchrun`, which connects processes in PyTorch's way only, and for an `srun` that
/// connects none. It says what to write instead.
pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Result<Launch, LaunchError> {
    let number = |name: &str| number(&variable, name);
    // Of Open MPI, and of MPICH's and Slurm's older ways.
    let of_mpi = number("OMPI_COMM_WORLD_SIZE").or_else(|| number("PMI_SIZE"));
    let tasks = number("SLURM_STEP_NUM_TASKS");
    let by_pmix = number("PMIX_RANK").is_some();
    if of_mpi.is_some() || by_pmix || number("MPI_LOCALNRANKS").is_some() {
        let local_rank = LOCAL_RANKS.iter().find_map(|name| number(name)).unwrap_or(0);
        return Ok(Launch::Mpi { local_rank, started: of_mpi.or(tasks.filter(|_| by_pmix)) });
    }
    if let Some(size) = tasks.filter(|&tasks| tasks > 1) {
        return Err(LaunchError::Unconnected { size });
    }
    let is_rank = number("RANK").is_some() || variable("TORCHELASTIC_RUN_ID").is_some();
    match number("WORLD_SIZE") {
        Some(size) if size > 1 && is_rank => {
            let first = variable("MASTER_ADDR").unwrap_or_else(|| "localhost".to_owned());
            Err(LaunchError::PyTorch { size, first })
        }
        _ => Ok(Launch::Alone),
    }
}

/// Whether this process is the one that tells a [`LaunchError`], which all that were started with it meet:
/// the first by the launcher's numbers, or one that has none.
#[must_use]
pub fn is_first(variable: impl Fn(&str) -> Option<String>) -> bool {
    RANKS.iter().find_map(|name| number(&variable, name)).unwrap_or(0) == 0
}

fn number(variable: impl Fn(&str) -> Option<String>, name: &str) -> Option<usize> {
    variable(name)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An environment of nothing else.
    fn only<'a>(variables: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        }
    }

    fn launched(variables: &[(&str, &str)]) -> Result<Launch, String> {
        detect(only(variables)).map_err(|error| error.to_string())
    }

    #[test]
    fn launchers_are_known_by_their_variables() {
        assert_eq!(launched(&[]), Ok(Launch::Alone));
        let mpirun = [("OMPI_COMM_WORLD_SIZE", "4"), ("OMPI_COMM_WORLD_LOCAL_RANK", "3")];
        assert_eq!(launched(&mpirun), Ok(Launch::Mpi { local_rank: 3, started: Some(4) }));
        let srun = [("PMIX_RANK", "9"), ("SLURM_LOCALID", "1"), ("SLURM_STEP_NUM_TASKS", "16")];
        assert_eq!(launched(&srun), Ok(Launch::Mpi { local_rank: 1, started: Some(16) }));
        // mpirun starts its helpers by srun, one on each machine.
        let within = [&mpirun[..], &[("SLURM_STEP_NUM_TASKS", "2"), ("PMIX_RANK", "1")]].concat();
        assert_eq!(launched(&within), Ok(Launch::Mpi { local_rank: 3, started: Some(4) }));
        let hydra = [("MPI_LOCALNRANKS", "2"), ("MPI_LOCALRANKID", "1"), ("PMI_SIZE", "8")];
        assert_eq!(launched(&hydra), Ok(Launch::Mpi { local_rank: 1, started: Some(8) }));
        // A shell on a Slurm node, where nothing was started by srun, and one that srun started.
        assert_eq!(launched(&[("SLURM_NTASKS", "16")]), Ok(Launch::Alone));
        assert_eq!(launched(&[("SLURM_STEP_NUM_TASKS", "1")]), Ok(Launch::Alone));
    }

    #[test]
    fn torchrun_is_refused_with_the_command_that_works() {
        let torchrun =
            [("WORLD_SIZE", "8"), ("TORCHELASTIC_RUN_ID", "x"), ("MASTER_ADDR", "node7")];
        let kubeflow = [("WORLD_SIZE", "8"), ("RANK", "1"), ("MASTER_ADDR", "node7")];
        for variables in [torchrun, kubeflow] {
            let error = launched(&variables).expect_err("no MPI");
            assert!(error.contains("mpirun -np 8 --host node7"), "{error}");
        }
        let one = [("WORLD_SIZE", "1"), ("TORCHELASTIC_RUN_ID", "x")];
        assert_eq!(launched(&one), Ok(Launch::Alone));
        // MPI's launcher, from a script for PyTorch.
        let both = [("WORLD_SIZE", "8"), ("RANK", "1"), ("OMPI_COMM_WORLD_SIZE", "8")];
        assert_eq!(launched(&both), Ok(Launch::Mpi { local_rank: 0, started: Some(8) }));
    }

    #[test]
    fn processes_that_nothing_connects_are_refused() {
        let error = launched(&[("SLURM_STEP_NUM_TASKS", "4"), ("SLURM_PROCID", "1")]);
        let error = error.expect_err("--mpi=none");
        assert!(error.contains("started 4 processes") && error.contains("--mpi=pmix"), "{error}");
        let by_another = launched(&[("PMI_SIZE", "4")]).expect("a launcher");
        let error = by_another.check(1).expect_err("MPI knows of no other").to_string();
        assert!(error.starts_with("4 processes were started but MPI connects 1:"), "{error}");
        by_another.check(4).expect("all are there");
        Launch::Mpi { local_rank: 0, started: None }.check(1).expect("nobody says how many");
        Launch::Alone.check(1).expect("itself");
    }

    #[test]
    fn one_process_of_a_launcher_is_alone_if_that_says_so() {
        let one = [("PMIX_RANK", "0"), ("SLURM_STEP_NUM_TASKS", "1")];
        for (variables, alone) in
            [(&one[..], true), (&one[..1], false), (&[("PMI_SIZE", "1")], true), (&[], true)]
        {
            assert_eq!(launched(variables).expect("known").is_alone(), alone, "{variables:?}");
        }
    }

    #[test]
    fn the_first_process_tells_what_all_know() {
        for (variables, first) in [
            (&[][..], true),
            (&[("SLURM_PROCID", "0")], true),
            (&[("SLURM_PROCID", "3")], false),
            (&[("OMPI_COMM_WORLD_RANK", "0"), ("SLURM_PROCID", "3")], true),
            (&[("RANK", "1")], false),
        ] {
            assert_eq!(is_first(only(variables)), first, "{variables:?}");
        }
    }
}
