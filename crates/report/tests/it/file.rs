//! The file is whole or not there.

use std::fs;

use resnet_report::Report;

#[test]
fn a_report_takes_the_place_of_an_older_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("new/report.html");
    for title in ["first", "second"] {
        Report::new(title).write(&path).expect("written");
        let text = fs::read_to_string(&path).expect("a file");
        assert!(text.starts_with("<!DOCTYPE html>") && text.contains(title));
    }
    let left = fs::read_dir(path.parent().expect("a folder")).expect("read");
    assert_eq!(left.count(), 1, "nothing is left beside it");
}

#[test]
fn where_it_cannot_be_written_the_error_names_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("file"), "").expect("written");
    let path = folder.path().join("file/report.html");
    let error = Report::new("title").write(&path).expect_err("not a folder");
    assert!(error.to_string().contains("file/report.html"), "{error}");
}

/// Tells the test below that a mask is set for it.
#[cfg(unix)]
const MASKED: &str = "REPORT_TEST_MASKED";

#[cfg(unix)]
#[test]
fn a_report_is_as_readable_for_others_as_any_new_file() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().expect("a folder");
    let (report, plain) = (folder.path().join("report.html"), folder.path().join("plain"));
    Report::new("title").write(&report).expect("written");
    fs::write(&plain, "").expect("written");
    let mode = |path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&report), mode(&plain));
    if std::env::var_os(MASKED).is_some() {
        assert_eq!(mode(&report), 0o600);
        return;
    }
    // A mask is of a whole process: this very test in another one.
    let test = "file::a_report_is_as_readable_for_others_as_any_new_file";
    let masked = std::process::Command::new("sh")
        .args(["-c", "umask 077 && exec \"$0\" --exact \"$1\""])
        .arg(std::env::current_exe().expect("a path"))
        .arg(test)
        .env(MASKED, "1")
        .output()
        .expect("run");
    let said = String::from_utf8_lossy(&masked.stdout);
    assert!(masked.status.success() && said.contains("1 passed"), "{said}");
}
