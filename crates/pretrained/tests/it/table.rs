//! Names and what they mean.

use std::path::PathBuf;

use resnet_pretrained::{Published, Request, by_name, published};

#[test]
fn every_line_of_the_table_is_read_and_pins_its_hash() {
    let lines = include_str!("../../src/table.tsv").lines().count();
    let all: Vec<Published> = published().collect();
    assert_eq!(all.len(), lines);
    for weights in &all {
        assert_eq!(weights.sha256().len(), 8, "{}", weights.name);
        assert!(weights.url.starts_with("https://"), "{}", weights.url);
        assert!(weights.resize >= weights.image_size, "{}", weights.name);
        assert_eq!(by_name(weights.name).as_ref(), Ok(weights), "names are unique");
    }
}

#[test]
fn a_network_alone_means_its_first_weights() {
    for (name, full) in [
        ("resnet18", "resnet18.tv_v1"),
        ("resnet101", "resnet101.tv_v2"),
        ("resnetrs50", "resnetrs50.tf_in1k"),
    ] {
        assert_eq!(by_name(name).expect("published").name, full);
    }
}

#[test]
fn an_unknown_name_gets_the_nearest() {
    let error = by_name("resnet50.tv_v3").expect_err("there is no version 3");
    assert!(error.nearest.contains(&"resnet50.tv_v2"), "{error}");
    assert!(error.to_string().contains("did you mean"), "{error}");
}

#[test]
fn names_files_and_addresses_are_told_apart() {
    let request = |text: &str| text.parse::<Request>().expect(text);
    assert!(matches!(request("resnet50"), Request::Name(_)));
    assert_eq!(
        request("runs/best.safetensors"),
        Request::File(PathBuf::from("runs/best.safetensors"))
    );
    let url = "https://example.org/a/resnet50-11ad3fa6.pth?download=1";
    let named = request(url);
    assert_eq!((named.url(), named.sha256()), (Some(url), Some("11ad3fa6")));
    assert_eq!(named.file_name(), Some("resnet50-11ad3fa6.pth"));
    let given = request("https://example.org/w.pth#sha256=0123456789ABCDEF");
    assert_eq!(given.sha256(), Some("0123456789abcdef"));
    assert_eq!(given.url(), Some("https://example.org/w.pth"));
    assert_eq!(request("https://example.org/w.pth").sha256(), None);
    let of_torchvision = "https://download.pytorch.org/models/r3d_18-34567890.pth";
    assert_eq!(request(of_torchvision).sha256(), Some("34567890"));
    // A date, and a commit.
    for name in ["resnet50-20240131", "resnet50-0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"] {
        assert_eq!(request(&format!("https://example.org/{name}.pth")).sha256(), None, "{name}");
    }
    for odd in ["https://example.org/", "https://example.org/a/.."] {
        assert!(
            ["weights", "example.org"].contains(&request(odd).file_name().expect("a name")),
            "{odd}"
        );
    }
}

#[test]
fn what_stands_behind_an_address_and_is_no_hash_is_refused() {
    let long = "0".repeat(65);
    for wrong in ["sha256=11ad3fa", "sha256=", &format!("sha256={long}"), "sha256=11ad3fag", "main"]
    {
        let error = format!("https://example.org/w.pth#{wrong}").parse::<Request>();
        let error = error.expect_err(wrong).to_string();
        assert!(error.contains(wrong) && error.contains("8 to 64 hexadecimal digits"), "{error}");
    }
    assert!("https://example.org/w.pth#".parse::<Request>().is_ok());
}
