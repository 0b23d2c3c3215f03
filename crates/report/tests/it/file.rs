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
