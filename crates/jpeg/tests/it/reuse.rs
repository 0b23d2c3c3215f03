//! One decoder, many pictures.

use resnet_jpeg::{ColourModel, Decoder};

use crate::support::{Golden, picture, table};

#[test]
fn pictures_after_the_first_take_no_memory() {
    let pictures: Vec<_> = table("pictures.txt").iter().map(|row| picture(&row.name)).collect();
    let (mut decoder, mut pixels) = (Decoder::default(), Vec::new());
    let mut round = || {
        for encoded in &pictures {
            decoder.check(encoded).unwrap();
            decoder.decode(encoded, &mut pixels).unwrap();
        }
    };
    round();
    let memory = allocation_counter::measure(round);
    assert_eq!(memory.count_total, 0, "{memory:?}");
}

#[test]
fn what_was_decoded_before_has_no_influence() {
    let rows = table("pictures.txt");
    let (mut used, mut after) = (Decoder::default(), Vec::new());
    for Golden { name, .. } in rows.iter().rev().chain(&rows) {
        let (encoded, mut alone) = (picture(name), Vec::new());
        Decoder::default().decode(&encoded, &mut alone).unwrap();
        used.decode(&encoded, &mut after).unwrap();
        assert!(after == alone, "{name}");
        drop(used.decode(&encoded[..encoded.len() / 2], &mut after));
    }
}

#[test]
fn a_file_says_what_it_is() {
    let info = |name: &str| Decoder::default().info(&picture(name)).unwrap();
    let colours = [
        ("grey.jpg", ColourModel::Grey),
        ("420.jpg", ColourModel::YCbCr),
        ("rgb.jpg", ColourModel::Rgb),
        ("cmyk.jpg", ColourModel::Cmyk),
        ("ycck.jpg", ColourModel::Ycck),
    ];
    for (name, colour) in colours {
        let info = info(name);
        assert_eq!((info.width, info.height), (61, 45), "{name}");
        assert_eq!(info.colour, colour, "{name}");
        assert_eq!((info.progressive, info.exif), (false, None), "{name}");
    }
    assert!(info("progressive-444.jpg").progressive);
    let exif = info("exif.jpg").exif.unwrap();
    assert!(picture("exif.jpg")[exif].starts_with(b"MM"));
}
