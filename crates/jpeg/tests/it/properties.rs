//! What must hold for every input, whatever its bytes. The fuzz target (`fuzz/targets`) looks for inputs for
//! which it does not; `regressions` replays those that were found.

use resnet_jpeg::{Decoder, Error, Limits, Region};

/// For pictures large enough for every branch and small enough to be quick.
pub(crate) fn decoder() -> Decoder {
    Decoder::new(Limits { max_pixels: 1 << 18, max_scans: 30 })
}

/// Checking, decoding and decoding regions agree; gives what came out.
pub(crate) fn all_ways_agree(decoder: &mut Decoder, encoded: &[u8]) -> Result<(), Error> {
    let (mut whole, mut again) = (Vec::new(), Vec::new());
    let decoded = decoder.decode(encoded, &mut whole);
    assert_eq!(decoder.check(encoded), decoded);
    let info = decoded?;
    assert_eq!(decoder.info(encoded).as_ref(), Ok(&info));
    assert_eq!(whole.len(), info.height * info.width * 3);
    for region in regions(info.height, info.width) {
        let part = decoder.decode_region(encoded, region, &mut again);
        assert_eq!(part.as_ref(), Ok(&info), "{region:?}");
        assert!(again == cut(&whole, info.width, region), "{region:?}");
    }
    Ok(())
}

/// The last pixel, the middle, and a part that begins within a block.
fn regions(height: usize, width: usize) -> [Region; 3] {
    let (top, left) = (height / 4, width / 4);
    [
        Region { top: height - 1, left: width - 1, height: 1, width: 1 },
        Region { top, left, height: height.div_ceil(2), width: width.div_ceil(2) },
        Region { top: height.min(4) - 1, left: width.min(6) - 1, height: 1, width: 1 },
    ]
}

/// The pixels of a region of a picture.
pub(crate) fn cut(pixels: &[u8], width: usize, region: Region) -> Vec<u8> {
    let rows = region.top..region.top + region.height;
    rows.flat_map(|row| &pixels[3 * (row * width + region.left)..][..3 * region.width])
        .copied()
        .collect()
}
