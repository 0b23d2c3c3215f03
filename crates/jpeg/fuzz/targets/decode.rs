#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/it/properties.rs"]
#[allow(dead_code)]
mod properties;

fuzz_target!(|bytes: &[u8]| drop(properties::all_ways_agree(&mut properties::decoder(), bytes)));
