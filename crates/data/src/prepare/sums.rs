//! Sums of files, and unpacking gzip.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use md5::{Digest, Md5};
use resnet_files::hex;

use super::error::PrepareError;

/// Bytes between two reports of progress.
const PIECE: u64 = 1 << 20;

/// The MD5 sum of a file in hexadecimal; `progress` is told the bytes of each piece.
pub(super) fn md5_of(
    path: &Path,
    mut progress: impl FnMut(u64) -> Result<(), PrepareError>,
) -> Result<String, PrepareError> {
    let mut file = File::open(path).map_err(PrepareError::io("open", path))?;
    let (mut sum, mut piece) = (Md5::new(), Vec::new());
    loop {
        piece.clear();
        let read = file.by_ref().take(PIECE).read_to_end(&mut piece);
        if read.map_err(PrepareError::io("read", path))? == 0 {
            return Ok(hex(&sum.finalize()));
        }
        sum.update(&piece);
        progress(piece.len() as u64)?;
    }
}

/// Unpacks gzip into memory, up to a limit.
pub(super) fn gunzip(path: &Path, limit: u64) -> Result<Vec<u8>, PrepareError> {
    let file = File::open(path).map_err(PrepareError::io("open", path))?;
    let mut packed = flate2::read::MultiGzDecoder::new(file).take(limit);
    let mut content = Vec::new();
    let copied = io::copy(&mut packed, &mut content).map_err(PrepareError::io("unpack", path))?;
    if copied == limit {
        let problem = format!("more than {limit} bytes when unpacked");
        return Err(PrepareError::Archive { path: path.to_owned(), offset: 0, problem });
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::md5_of;

    #[test]
    fn md5_is_that_of_rfc_1321() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "message digest").unwrap();
        let mut bytes = 0;
        let sum = md5_of(file.path(), |len| {
            bytes += len;
            Ok(())
        });
        assert_eq!(sum.unwrap(), "f96b697d7cb7938d525a2f31aaf161d0");
        assert_eq!(bytes, 14);
    }
}
