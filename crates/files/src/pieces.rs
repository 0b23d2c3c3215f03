//! What the sum of a file is made of and how it is written.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// So many bytes at once.
const PIECE: u64 = 1 << 16;

/// Shows `see` the bytes of a file, piece by piece, so that one piece at a time is in memory.
///
/// # Errors
/// The file system's; a system call that a signal has interrupted is made again.
pub fn read_in_pieces(path: &Path, see: impl FnMut(&[u8])) -> io::Result<()> {
    pieces_of(File::open(path)?, see)
}

fn pieces_of(mut file: impl Read, mut see: impl FnMut(&[u8])) -> io::Result<()> {
    let mut piece = Vec::new();
    while file.by_ref().take(PIECE).read_to_end(&mut piece)? > 0 {
        see(&piece);
        piece.clear();
    }
    Ok(())
}

/// Bytes as lower-case hexadecimal digits, as `sha256sum` writes them.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("memory takes any text");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of which every second read is interrupted.
    struct Interrupted<'a>(&'a [u8], bool);

    impl Read for Interrupted<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 { Err(io::ErrorKind::Interrupted.into()) } else { self.0.read(out) }
        }
    }

    #[test]
    fn every_byte_is_seen_once_in_order_and_a_signal_is_no_error() {
        let bytes: Vec<u8> = (0..200_000_u32).map(|n| n as u8).collect();
        let (mut seen, mut pieces) = (Vec::new(), 0);
        let read = pieces_of(Interrupted(&bytes, false), |piece| {
            seen.extend_from_slice(piece);
            pieces += 1;
        });
        read.expect("read");
        assert!(seen == bytes);
        assert_eq!(pieces, 4);
    }

    #[test]
    fn digits_are_two_for_each_byte() {
        assert_eq!(hex(&[0x00, 0x0f, 0xab]), "000fab");
    }
}
