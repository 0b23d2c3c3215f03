//! Ranks as processes: the example `mpi_ranks` under `mpirun`.

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// What `mpirun` makes of `ranks` processes of the example, which `cargo test` built beside this test.
fn mpi_ranks(ranks: &str, wish: &[&str]) -> Output {
    let tests = std::env::current_exe().expect("this test");
    let release = tests.parent().and_then(Path::parent).expect("target/release");
    let mut mpirun = Command::new("mpirun");
    // Containers have one user and few processors.
    let variables = [
        ("OMPI_ALLOW_RUN_AS_ROOT", "1"),
        ("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"),
        ("OMPI_MCA_rmaps_base_oversubscribe", "1"),
        ("PRTE_MCA_rmaps_default_mapping_policy", ":oversubscribe"),
    ];
    mpirun.envs(variables).args(["-np", ranks]).arg(release.join("examples/mpi_ranks")).args(wish);
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
