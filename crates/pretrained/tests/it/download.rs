//! Downloads from a server on this machine that breaks off, forgets and refuses.

use std::fs;
use std::thread;
use std::time::Duration;

use resnet_pretrained::{Cache, Found, PretrainedError, Progress, Request, Retries};
use sha2::{Digest, Sha256};

use crate::server::{Answer, Server, serve};

const FAST: Retries = Retries { count: 2, pause: Duration::from_millis(1) };

fn content() -> Vec<u8> {
    (0..300_000_u32).map(|i| ((i * i) >> 7) as u8).collect()
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn request(server: &Server) -> Request {
    format!("{}/w.pth#sha256={}", server.url, hash(&content())).parse().expect("a URL")
}

/// What an earlier try left.
fn write_part(cache: &Cache, request: &Request, bytes: &[u8]) {
    let path = cache.path(request).with_added_extension("part");
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(path, bytes).expect("written");
}

fn fetch(cache: &Cache, request: &Request) -> Result<Found, PretrainedError> {
    cache.fetch(request, FAST, &mut |_| {})
}

#[test]
fn a_download_goes_on_where_it_broke_off() {
    let server = serve(&content(), &[Answer::BreakAfter(100_000), Answer::BreakAfter(50_000)]);
    let folder = tempfile::tempdir().expect("a folder");
    let cache = Cache::new(folder.path().join("new"));
    let mut last = None;
    let found = cache
        .fetch(&request(&server), FAST, &mut |progress| last = Some(progress))
        .expect("the third connection brings the rest");
    assert_eq!(fs::read(&found.path).expect("read"), content());
    assert_eq!(*server.asked.lock().expect("no panic"), [0, 100_000, 150_000]);
    assert_eq!(last, Some(Progress::Received { bytes: 300_000, total: Some(300_000) }));
    assert!(!found.path.with_added_extension("lock").exists());
    assert!(!found.path.with_added_extension("part").exists());
    fetch(&cache, &request(&server)).expect("in the cache");
    assert_eq!(server.asked.lock().expect("no panic").len(), 3, "nobody is asked again");
}

#[test]
fn another_process_goes_on_with_what_came() {
    let broken =
        [Answer::BreakAfter(70_000), Answer::Status(503), Answer::Status(503), Answer::Status(503)];
    let server = serve(&content(), &broken);
    let folder = tempfile::tempdir().expect("a folder");
    let error = fetch(&Cache::new(folder.path()), &request(&server)).expect_err("given up");
    let PretrainedError::Download { received, .. } = error else { panic!("{error}") };
    assert_eq!(received, 70_000);
    fetch(&Cache::new(folder.path()), &request(&server)).expect("the rest");
    assert_eq!(server.asked.lock().expect("no panic").last(), Some(&70_000));
}

#[test]
fn a_server_that_only_sends_everything_is_enough() {
    let server = serve(&content(), &[Answer::BreakAfter(70_000), Answer::IgnoreRange]);
    let folder = tempfile::tempdir().expect("a folder");
    let found = fetch(&Cache::new(folder.path()), &request(&server)).expect("everything");
    assert_eq!(fs::read(found.path).expect("read"), content());
}

#[test]
fn a_whole_file_that_was_not_renamed_is_not_got_again() {
    let server = serve(&content(), &[]);
    let folder = tempfile::tempdir().expect("a folder");
    let cache = Cache::new(folder.path());
    write_part(&cache, &request(&server), &content());
    let found = fetch(&cache, &request(&server)).expect("nothing is left");
    assert_eq!(fs::read(found.path).expect("read"), content());
}

#[test]
fn another_file_than_was_published_is_removed() {
    let server = serve(b"something else", &[]);
    let folder = tempfile::tempdir().expect("a folder");
    let cache = Cache::new(folder.path());
    let path = cache.path(&request(&server));
    let error = fetch(&cache, &request(&server)).expect_err("another file");
    assert!(matches!(error, PretrainedError::WrongHash { .. }), "{error}");
    assert!(!path.exists() && !path.with_added_extension("part").exists(), "nothing is left");
}

#[test]
fn a_wrong_file_never_has_the_name() {
    let server = serve(b"something else", &[]);
    let folder = tempfile::tempdir().expect("a folder");
    let cache = Cache::new(folder.path());
    let PretrainedError::WrongHash { path, .. } =
        fetch(&cache, &request(&server)).expect_err("another file")
    else {
        panic!("another error");
    };
    assert_eq!(path, cache.path(&request(&server)).with_added_extension("part"));
}

#[test]
fn without_a_hash_nothing_old_is_continued() {
    let server = serve(&content(), &[]);
    let folder = tempfile::tempdir().expect("a folder");
    let cache = Cache::new(folder.path());
    let request: Request = format!("{}/w.pth", server.url).parse().expect("a URL");
    write_part(&cache, &request, b"of another file");
    let found = fetch(&cache, &request).expect("from the start");
    assert!(!found.verified && found.sha256 == hash(&content()));
    assert_eq!(*server.asked.lock().expect("no panic"), [0]);
}

#[test]
fn what_keeps_a_file_away_is_told_with_address_and_place() {
    let server = serve(&content(), &[Answer::Status(404)]);
    let folder = tempfile::tempdir().expect("a folder");
    let cache = Cache::new(folder.path());
    let refused = fetch(&cache, &request(&server)).expect_err("404").to_string();
    assert!(refused.contains("answers 404") && refused.contains("w.pth"), "{refused}");
    assert_eq!(server.asked.lock().expect("no panic").len(), 1, "404 is not tried again");
    // Nobody listens on port 1.
    let nobody: Request = "http://127.0.0.1:1/w-00000000.pth".parse().expect("a URL");
    let error = fetch(&cache, &nobody).expect_err("nobody").to_string();
    let place = cache.path(&nobody);
    assert!(
        error.contains("127.0.0.1:1") && error.contains(place.to_str().expect("a path")),
        "{error}"
    );
}

#[test]
fn who_asks_while_another_process_downloads_waits_and_gets_its_file() {
    let server = serve(&content(), &[]);
    let folder = tempfile::tempdir().expect("a folder");
    let (cache, request) = (Cache::new(folder.path()), request(&server));
    let path = cache.path(&request);
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    let other = fs::File::create(path.with_added_extension("lock")).expect("a file");
    other.lock().expect("locked");
    let (mut other, mut told) = (Some(other), Vec::new());
    let found = cache.fetch(&request, FAST, &mut |progress| {
        told.push(progress);
        fs::write(&path, content()).expect("written");
        drop(other.take());
    });
    assert_eq!(fs::read(found.expect("the other's").path).expect("read"), content());
    assert_eq!(told, [Progress::Waiting]);
    assert!(server.asked.lock().expect("no panic").is_empty(), "nobody is asked twice");
}

#[test]
fn many_at_once_get_it_once() {
    let server = serve(&content(), &[]);
    let folder = tempfile::tempdir().expect("a folder");
    let cache = Cache::new(folder.path());
    let request = request(&server);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| fetch(&cache, &request).expect("got"));
        }
    });
    assert_eq!(*server.asked.lock().expect("no panic"), [0]);
}
