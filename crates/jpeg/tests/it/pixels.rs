//! Pixels, against libjpeg-turbo's.

use resnet_jpeg::{Decoder, Region};

use crate::properties::cut;
use crate::support::{Golden, picture, sha256, table};

#[test]
fn every_kind_of_picture_has_libjpegs_pixels() {
    let (mut decoder, mut pixels) = (Decoder::default(), Vec::new());
    let mut wrong = Vec::new();
    for Golden { name, pillow } in table("pictures.txt") {
        let (width, height, hash) = pillow.unwrap();
        let info = decoder.decode(&picture(&name), &mut pixels);
        let info = info.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((info.width, info.height), (width, height), "{name}");
        assert_eq!(pixels.len(), width * height * 3, "{name}");
        if sha256(&pixels) != hash {
            wrong.push(name);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn a_region_has_the_pixels_of_the_whole() {
    let (mut decoder, mut whole, mut part) = (Decoder::default(), Vec::new(), Vec::new());
    for Golden { name, .. } in table("pictures.txt") {
        let encoded = picture(&name);
        let info = decoder.decode(&encoded, &mut whole).unwrap();
        for region in regions(info.height, info.width) {
            decoder.decode_region(&encoded, region, &mut part).unwrap();
            assert!(part == cut(&whole, info.width, region), "{name}: {region:?}");
        }
    }
}

/// Regions that begin and end at all kinds of places.
fn regions(height: usize, width: usize) -> Vec<Region> {
    let ranges = |extent: usize| -> Vec<(usize, usize)> {
        let starts = [0, 1, 2, 7, 8, 15, 16, 33, extent / 2, extent - 1];
        let inside = starts.into_iter().filter(move |&start| start < extent);
        let lengths = |room| [1, 2, 3, 8, 17, room - 1, room].map(|len: usize| len.clamp(1, room));
        inside.flat_map(|start| lengths(extent - start).map(|len| (start, len))).collect()
    };
    let (rows, columns) = (ranges(height), ranges(width));
    // Not all pairs, but every range of both.
    (0..2 * rows.len().max(columns.len()))
        .map(|index| {
            let (top, height) = rows[index % rows.len()];
            let (left, width) = columns[(7 * index + 3) % columns.len()];
            Region { top, left, height, width }
        })
        .collect()
}
