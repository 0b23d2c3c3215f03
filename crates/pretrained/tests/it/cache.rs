//! Files in the cache and what is said of those that are not there.

use std::fs;

use resnet_pretrained::{Cache, PretrainedError, Request};

#[test]
fn what_is_absent_is_told_with_its_address_and_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let request: Request = "resnet50.tv_v2".parse().expect("a name");
    let error = Cache::new(folder.path()).find(&request).expect_err("an empty cache");
    let place = folder.path().join("resnet50-11ad3fa6.pth");
    assert!(matches!(error, PretrainedError::Absent { .. }));
    for part in [
        "https://download.pytorch.org/models/resnet50-11ad3fa6.pth",
        place.to_str().expect("a path"),
    ] {
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn a_file_with_another_hash_is_removed_and_that_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = Cache::new(folder.path());
    let request: Request = "resnet18".parse().expect("a name");
    let path = cache.path(&request);
    fs::write(&path, b"not these").expect("written");
    let error = cache.find(&request).expect_err("another file");
    assert!(matches!(error, PretrainedError::WrongHash { .. }));
    assert!(error.to_string().contains("does not begin with f37072fd"), "{error}");
    assert!(error.to_string().contains("removed"), "{error}");
    assert!(!path.exists());
}

#[test]
fn files_of_ones_own_stay_whatever_they_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("own-00000000.pth");
    fs::write(&path, b"mine").expect("written");
    let request: Request = path.to_str().expect("a path").parse().expect("a file");
    let found = Cache::new("nowhere").find(&request).expect("there");
    assert_eq!((found.path, found.verified), (path, false));
    let missing: Request = "missing.pth".parse().expect("a file");
    let error = Cache::new("nowhere").find(&missing).expect_err("missing").to_string();
    assert!(error.contains("missing.pth: there is no such file"), "{error}");
}

#[test]
fn the_hash_of_a_file_from_an_address_is_compared_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = Cache::new(folder.path());
    // SHA-256 of "abc".
    let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let request: Request =
        format!("https://example.org/w.pth#sha256={hash}").parse().expect("a URL");
    let path = cache.path(&request);
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(path, b"abc").expect("written");
    let found = cache.find(&request).expect("the same");
    assert!(found.verified && found.sha256 == hash);
}

#[test]
fn addresses_that_end_alike_have_files_of_their_own() {
    let cache = Cache::new("cache");
    let path = |repository: &str| {
        let url = format!("https://huggingface.co/{repository}/resolve/main/model.safetensors");
        cache.path(&url.parse().expect("a URL"))
    };
    let [first, second] = ["timm/resnet50.a1_in1k", "timm/resnet18.a1_in1k"].map(path);
    assert_ne!(first, second);
    assert!(first.ends_with("model.safetensors") && first.starts_with("cache"), "{first:?}");
    assert_eq!(first, path("timm/resnet50.a1_in1k"));
}
