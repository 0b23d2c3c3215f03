//! The program `evaluate` on pictures of one's own.

use std::fs;

use serde_json::Value;
use tempfile::tempdir;

use crate::support::{example, stderr, stdout};
use crate::wardrobe::{small, text, wardrobe};

#[test]
fn a_held_out_set_is_judged_by_subgroup_and_the_report_goes_on_after_a_second_start() {
    let (folder, runs) = (wardrobe(20), tempdir().expect("a folder"));
    let model_dir = runs.path().join("run");
    for _ in 0..2 {
        // The second time everything is done already; its report tells the whole run all the same.
        let output = small(folder.path(), &model_dir, &["--group-until", "_"]);
        assert!(output.status.success(), "{}", stderr(&output));
        let report = fs::read_to_string(model_dir.join("report.html")).expect("a report");
        assert!(report.contains("Cross-entropy (nats)"), "no curves");
    }

    let mut lines = "path,label,split,patient,hospital\n".to_owned();
    for class in ["boot", "shirt"] {
        for number in 0..20 {
            let hospital = ["north", "south"][number % 2];
            let patient = number / 2;
            lines += &format!(
                "{class}/{class}{patient}_{number}.jpg,{class},test,{class}{patient},{hospital}\n"
            );
        }
    }
    let manifest = folder.path().join("held-out.csv");
    fs::write(&manifest, lines).expect("a manifest");
    let out = runs.path().join("judged");
    let flags = ["--model-dir", text(&model_dir), "--data", text(&manifest), "--split", "test"];
    let more = ["--positive", "boot", "--out", text(&out), "--resamples", "50", "--device", "cpu"];
    let by = ["--group", "patient", "--subgroup", "hospital"];
    let output = example("evaluate", &[&flags[..], &more, &by].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let told = stdout(&output);
    assert!(told.contains("40 images of 20 groups"), "{told}");
    assert!(told.contains("hospital north: 20 images"), "{told}");
    let figures = fs::read_to_string(out.join("figures.json")).expect("figures");
    let figures: Value = serde_json::from_str(&figures).expect("JSON");
    assert_eq!(figures["subgroups"][1]["name"], "south");
    assert_eq!(figures["subgroups"][1]["summary"]["examples"], 20);
    let report = fs::read_to_string(out.join("report.html")).expect("a report");
    assert!(report.contains("Subgroups by hospital"));

    let renamed = fs::read_to_string(&manifest).expect("read").replace(",boot,", ",shoe,");
    fs::write(&manifest, renamed).expect("a manifest");
    let output = example("evaluate", &[&flags[..], &["--device", "cpu"]].concat());
    let complaint = stderr(&output);
    assert!(complaint.contains("the network tells boot, shirt apart"), "{complaint}");
}
