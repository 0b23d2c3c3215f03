//! Compressed files: the whole sequence of frames inside one gzip or zlib stream.

use std::fmt;
use std::io::{self, Read, Write};

use crate::error::ErrorKind;
use crate::frame;

/// How a whole file is compressed. TensorFlow calls these `""`, `"GZIP"` and `"ZLIB"`.
///
/// ```
/// use tfrecord_codec::{Compression, RecordReader, WriterOptions};
///
/// let mut writer = WriterOptions::new().compression(Compression::Zlib).write_to(Vec::new())?;
/// writer.write(b"payload")?;
/// let file = writer.finish()?;
///
/// let mut reader = RecordReader::new(&file[..]);
/// assert_eq!(reader.records().count(), 1);
/// assert_eq!(reader.compression(), Compression::Zlib);
/// assert_eq!(Compression::Zlib.to_string(), "zlib");
/// # Ok::<(), tfrecord_codec::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all: the only form with random access.
    #[default]
    None,
    /// Gzip (RFC 1952), of one member or several after another.
    Gzip,
    /// Zlib (RFC 1950).
    Zlib,
}

impl Compression {
    /// The compression of a file that starts with these bytes; 12 are enough.
    ///
    /// A valid record header comes first: a record of 35,615 bytes starts with gzip's magic
    /// number. What is none of the three counts as [`None`](Self::None); reading then says what
    /// is wrong with it.
    ///
    /// ```
    /// use tfrecord_codec::Compression;
    /// assert_eq!(Compression::detect(b"\x1f\x8b\x08\x00\x00\x00"), Compression::Gzip);
    /// assert_eq!(Compression::detect(b""), Compression::None);
    /// ```
    pub fn detect(start: &[u8]) -> Self {
        let header = start.first_chunk().map(frame::checked_length);
        match start {
            _ if matches!(header, Some(Ok(_))) => Self::None,
            [0x1f, 0x8b, 8, ..] => Self::Gzip,
            // Method 8, a window of at most 32 KiB, a header that is a multiple of 31 (RFC 1950).
            [cmf, flags, ..] if is_zlib(*cmf, *flags) => Self::Zlib,
            _ => Self::None,
        }
    }
}

fn is_zlib(cmf: u8, flags: u8) -> bool {
    let preset_dictionary = flags & 0x20 != 0;
    let method_and_window = cmf & 0x0f == 8 && cmf >> 4 <= 7;
    method_and_window && !preset_dictionary && u16::from_be_bytes([cmf, flags]) % 31 == 0
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Zlib => "zlib",
        })
    }
}

/// Bytes that were read ahead, then the rest of the source.
#[cfg(feature = "compression")]
type Rest<R> = io::BufReader<io::Chain<io::Cursor<Vec<u8>>, R>>;

/// The unpacked bytes of a source.
pub(crate) enum Decoder<R> {
    Plain(R),
    #[cfg(feature = "compression")]
    Gzip(Box<flate2::bufread::MultiGzDecoder<Rest<R>>>),
    #[cfg(feature = "compression")]
    Zlib(Box<flate2::bufread::ZlibDecoder<Rest<R>>>),
}

impl<R: Read> Decoder<R> {
    /// Unpacks `ahead` and then `source`; `compression` must not be `None`.
    #[cfg(feature = "compression")]
    pub(crate) fn packed(
        source: R,
        ahead: Vec<u8>,
        compression: Compression,
    ) -> Result<Self, ErrorKind> {
        let rest: Rest<R> =
            io::BufReader::with_capacity(1 << 16, io::Cursor::new(ahead).chain(source));
        Ok(match compression {
            Compression::Zlib => Self::Zlib(Box::new(flate2::bufread::ZlibDecoder::new(rest))),
            _ => Self::Gzip(Box::new(flate2::bufread::MultiGzDecoder::new(rest))),
        })
    }

    #[cfg(not(feature = "compression"))]
    pub(crate) fn packed(
        _source: R,
        _ahead: Vec<u8>,
        compression: Compression,
    ) -> Result<Self, ErrorKind> {
        Err(ErrorKind::CompressionDisabled(compression))
    }

    /// The source, if nothing unpacks it yet.
    pub(crate) fn into_plain(self) -> Option<R> {
        match self {
            Self::Plain(source) => Some(source),
            #[cfg(feature = "compression")]
            _ => None,
        }
    }

    /// What an I/O error of this decoder means.
    pub(crate) fn explain(&self, source: io::Error) -> ErrorKind {
        use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        let compression = self.compression();
        let of_the_stream = matches!(source.kind(), InvalidData | InvalidInput | UnexpectedEof);
        if of_the_stream && compression != Compression::None {
            return ErrorKind::Decompress { compression, source };
        }
        ErrorKind::Io(source)
    }

    pub(crate) fn compression(&self) -> Compression {
        match self {
            Self::Plain(_) => Compression::None,
            #[cfg(feature = "compression")]
            Self::Gzip(_) => Compression::Gzip,
            #[cfg(feature = "compression")]
            Self::Zlib(_) => Compression::Zlib,
        }
    }
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(inner) => inner.read(out),
            #[cfg(feature = "compression")]
            Self::Gzip(inner) => inner.read(out),
            #[cfg(feature = "compression")]
            Self::Zlib(inner) => inner.read(out),
        }
    }
}

/// Packs what is written to it.
pub(crate) enum Encoder<W: Write> {
    Plain(W),
    #[cfg(feature = "compression")]
    Gzip(flate2::write::GzEncoder<W>),
    #[cfg(feature = "compression")]
    Zlib(flate2::write::ZlibEncoder<W>),
}

impl<W: Write> Encoder<W> {
    #[cfg(feature = "compression")]
    pub(crate) fn new(sink: W, compression: Compression, level: u32) -> Result<Self, ErrorKind> {
        let level = flate2::Compression::new(level.min(9));
        Ok(match compression {
            Compression::None => Self::Plain(sink),
            Compression::Gzip => Self::Gzip(flate2::write::GzEncoder::new(sink, level)),
            Compression::Zlib => Self::Zlib(flate2::write::ZlibEncoder::new(sink, level)),
        })
    }

    #[cfg(not(feature = "compression"))]
    pub(crate) fn new(sink: W, compression: Compression, _level: u32) -> Result<Self, ErrorKind> {
        match compression {
            Compression::None => Ok(Self::Plain(sink)),
            other => Err(ErrorKind::CompressionDisabled(other)),
        }
    }

    /// Ends the stream and returns the sink.
    pub(crate) fn finish(self) -> io::Result<W> {
        match self {
            Self::Plain(inner) => Ok(inner),
            #[cfg(feature = "compression")]
            Self::Gzip(inner) => inner.finish(),
            #[cfg(feature = "compression")]
            Self::Zlib(inner) => inner.finish(),
        }
    }
}

impl<W: Write> Write for Encoder<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(inner) => inner.write(bytes),
            #[cfg(feature = "compression")]
            Self::Gzip(inner) => inner.write(bytes),
            #[cfg(feature = "compression")]
            Self::Zlib(inner) => inner.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(inner) => inner.flush(),
            #[cfg(feature = "compression")]
            Self::Gzip(inner) => inner.flush(),
            #[cfg(feature = "compression")]
            Self::Zlib(inner) => inner.flush(),
        }
    }
}
