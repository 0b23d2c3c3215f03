//! Ranks as processes: the example `mpi_ranks` under `mpirun`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// The example, which `cargo test` built beside this test.
fn program() -> PathBuf {
    let tests = std::env::current_exe().expect("this test");
    let release = tests.parent().and_then(Path::parent).expect("target/release");
    release.join("examples/mpi_ranks")
}

/// What `mpirun` makes of `ranks` processes of it.
fn mpi_ranks(ranks: &str, wish: &[&str]) -> Output {
    let mut mpirun = Command::new("mpirun");
    // Containers have one user and few processors.
    let variables = [
        ("OMPI_ALLOW_RUN_AS_ROOT", "1"),
        ("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"),
        ("OMPI_MCA_rmaps_base_oversubscribe", "1"),
        ("PRTE_MCA_rmaps_default_mapping_policy", ":oversubscribe"),
    ];
    mpirun.envs(variables).args(["-np", ranks]).arg(program()).args(wish);
    mpirun.output().expect("mpirun is installed where the feature `mpi` is built")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn processes_exchange_what_threads_exchange() {
    for ranks in ["1", "2", "3"] {
        let output = mpi_ranks(ranks, &[]);
        assert!(output.status.success(), "{}", text(&output));
        assert!(text(&output).contains(&format!("{ranks} ranks, all right")), "{}", text(&output));
    }
}

/// The example by itself, under a launcher of another MPI by these variables.
fn unconnected(variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(program());
    command.env("OMPI_ALLOW_RUN_AS_ROOT", "1").env("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
    let output = command.envs(variables.iter().copied()).output().expect("the example is built");
    assert!(!output.status.success(), "{variables:?}: {}", text(&output));
    text(&output)
}

#[test]
fn processes_that_mpi_does_not_connect_are_refused() {
    let told = unconnected(&[("PMI_SIZE", "2"), ("PMI_RANK", "1")]);
    assert!(told.contains("2 processes were started but MPI connects 1"), "{told}");
    let told = unconnected(&[("SLURM_STEP_NUM_TASKS", "4")]);
    assert!(told.contains("srun started 4 processes but no MPI"), "{told}");
}

#[test]
fn what_all_processes_know_rank_0_tells() {
    let told = end_of("disagree");
    assert_eq!(told.matches("error: rank ").count(), 1, "{told}");
    assert!(told.contains("error: rank 0: "), "{told}");
}

/// The job's end, which must come within 30 seconds.
fn end_of(wish: &str) -> String {
    let start = Instant::now();
    let output = mpi_ranks("2", &[wish]);
    assert!(start.elapsed() < Duration::from_secs(30), "{wish}: {:?}", start.elapsed());
    assert!(!output.status.success(), "{wish}: {}", text(&output));
    text(&output)
}

#[test]
fn the_error_of_one_process_ends_all_with_its_message() {
    let told = end_of("fail");
    assert!(told.contains("rank 1: as was asked"), "{told}");
}

#[test]
fn a_process_that_is_gone_without_a_word_ends_all() {
    let told = end_of("vanish");
    assert!(told.contains("rank 1"), "{told}");
}

#[test]
fn processes_that_were_started_with_something_else_are_named() {
    let told = end_of("disagree");
    assert!(told.contains("the recipe of rank 1 is another"), "{told}");
}

#[test]
fn a_process_that_hangs_ends_all_after_the_timeout() {
    let told = end_of("hang");
    assert!(told.contains("the comparison of the recipe has waited 2s for another rank"), "{told}");
}
