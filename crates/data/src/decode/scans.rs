//! The little of JPEG's structure that must be known before decoding.
//!
//! Source: ITU-T T.81, B.1.1 (markers), B.2.2 (frame header), B.2.3 (scan header).

/// The first scan of an image, as far as it concerns us.
pub(super) struct FirstScan<'a> {
    /// Number of components in the frame, if the frame is baseline or extended sequential.
    in_sequential_frame: Option<u8>,
    /// Number of components in the scan.
    in_scan: u8,
    /// What follows the scan's header: entropy-coded data and further scans.
    after: &'a [u8],
}

impl FirstScan<'_> {
    /// Whether this is a sequential image whose components lie in several scans.
    pub(super) fn splits_components(&self) -> bool {
        self.in_sequential_frame.is_some_and(|in_frame| self.in_scan < in_frame)
    }

    /// Whether there is an end-of-image marker. It cannot occur in entropy-coded data, and what may
    /// follow it is short, so the search from the end is.
    pub(super) fn is_complete(&self) -> bool {
        const END_OF_IMAGE: [u8; 2] = [0xff, 0xd9];
        self.after.windows(2).rev().any(|pair| pair == END_OF_IMAGE)
    }
}

/// Walks over the segments before the first scan. `None` if something does not parse: that is left
/// to the decoder, which says what is wrong.
pub(super) fn first_scan(jpeg: &[u8]) -> Option<FirstScan<'_>> {
    const BASELINE: u8 = 0xc0;
    const EXTENDED: u8 = 0xc1;
    const START_OF_SCAN: u8 = 0xda;
    let mut in_sequential_frame = None;
    let mut rest = jpeg.get(2..)?;
    loop {
        let (&[prefix, marker], after) = rest.split_first_chunk()?;
        if prefix != 0xff {
            return None;
        }
        if marker == 0xff {
            // A fill byte: any number of them may stand before a marker.
            rest = &rest[1..];
            continue;
        }
        let length = usize::from(u16::from_be_bytes(*after.first_chunk()?));
        let segment = after.get(2..length)?;
        match marker {
            // Precision, height (2), width (2), number of components.
            BASELINE | EXTENDED => in_sequential_frame = Some(*segment.get(5)?),
            START_OF_SCAN => {
                let (in_scan, after) = (*segment.first()?, &after[length..]);
                return Some(FirstScan { in_sequential_frame, in_scan, after });
            }
            _ => {}
        }
        rest = &after[length..];
    }
}
