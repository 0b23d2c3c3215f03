//! Every input for which the fuzz target once failed.

use std::path::Path;

use crate::properties::{all_ways_agree, decoder};

#[test]
fn inputs_that_once_failed_do_not_fail_again() {
    // Without a folder there were none.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/regressions");
    for input in std::fs::read_dir(folder).into_iter().flatten() {
        drop(all_ways_agree(&mut decoder(), &std::fs::read(input.unwrap().path()).unwrap()));
    }
}
