//! Files of weights with every byte changed once, and cut at every length.

use std::fs;

use resnet_models::weights::Weights;

use crate::weights::golden;

/// Nothing panics, and what is cut is noticed. With `sums`, a change is noticed or changes nothing: of
/// the formats, only zip archives have sums of their own.
fn damage(name: &str, sums: bool) {
    let path = golden(name);
    let whole = Weights::read(&path).expect(name);
    let bytes = fs::read(&path).expect(name);
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        let read = Weights::from_bytes(&flipped, &path);
        if let Ok(read) = read.as_ref().map(Weights::tensors)
            && sums
        {
            assert!(read == whole.tensors(), "{name}: byte {at} differs and nothing was said");
        }
    }
    for length in 0..bytes.len() {
        let read = Weights::from_bytes(&bytes[..length], &path);
        assert!(read.is_err(), "{name} cut at {length}");
    }
}

#[test]
fn zip_archives() {
    damage("zip.pth", true);
}

#[test]
fn legacy_pickles() {
    damage("legacy.pth", false);
}

#[test]
fn safetensors() {
    damage("bf16.safetensors", false);
}
