//! As much of MATLAB's level-5 MAT format as the development kit's `meta.mat` needs.
//!
//! Source: "MAT-File Format", MathWorks, chapter 1: 128 bytes of header, then elements. An element is
//! a tag (type and length, 4 bytes each, or both in 4 bytes before up to 4 bytes of data) and data
//! padded to 8 bytes. A matrix is an element whose data are elements: flags, dimensions, name, and
//! what its class asks for.

use std::collections::HashMap;
use std::io::Read;

const MI_MATRIX: u32 = 14;
const MI_COMPRESSED: u32 = 15;
const CLASS_STRUCT: u8 = 2;
const CLASS_CHAR: u8 = 4;

/// Unpacked, the real file has less than 1 MiB.
const MAX_UNPACKED: u64 = 64 << 20;

/// A value in a struct, as far as it is of use.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Number(f64),
    Text(String),
    Other,
}

type Row = HashMap<String, Value>;

/// The elements of the struct array `name` in a file.
pub(super) fn structs(file: &[u8], name: &str) -> Result<Vec<Row>, String> {
    if file.get(126..128) != Some(b"IM") {
        return Err("not a little-endian MAT-file of level 5".to_owned());
    }
    let mut rest = &file[128..];
    while !rest.is_empty() {
        let (kind, data) = element(&mut rest)?;
        let unpacked;
        let mut inner = data;
        let (kind, data) = if kind == MI_COMPRESSED {
            unpacked = inflate(data)?;
            inner = &unpacked;
            element(&mut inner)?
        } else {
            (kind, inner)
        };
        if kind == MI_MATRIX {
            let matrix = Matrix::parse(data)?;
            if matrix.name == name.as_bytes() && matrix.class == CLASS_STRUCT {
                return matrix.rows();
            }
        }
    }
    Err(format!("there is no variable {name}"))
}

fn inflate(data: &[u8]) -> Result<Vec<u8>, String> {
    let mut unpacked = Vec::new();
    let mut stream = flate2::read::ZlibDecoder::new(data).take(MAX_UNPACKED);
    match stream.read_to_end(&mut unpacked) {
        Ok(_) => Ok(unpacked),
        Err(error) => Err(format!("damaged compressed data ({error})")),
    }
}

/// Takes one element off the front: its type and data.
fn element<'a>(rest: &mut &'a [u8]) -> Result<(u32, &'a [u8]), String> {
    let cut = || "the file is cut short".to_owned();
    let word = |at: usize| {
        let bytes = rest.get(at..at + 4).and_then(|bytes| bytes.first_chunk());
        bytes.map(|bytes| u32::from_le_bytes(*bytes)).ok_or_else(cut)
    };
    let tag = word(0)?;
    let (kind, len, start) =
        if tag >> 16 != 0 { (tag & 0xffff, tag >> 16, 4) } else { (tag, word(4)?, 8) };
    let len = len as usize;
    let data = rest.get(start..).and_then(|rest| rest.get(..len)).ok_or_else(cut)?;
    let padded =
        if kind == MI_COMPRESSED { start + len } else { (start + len).next_multiple_of(8) };
    *rest = rest.get(padded..).unwrap_or_default();
    Ok((kind, data))
}

struct Matrix<'a> {
    class: u8,
    count: usize,
    name: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Matrix<'a> {
    fn parse(mut data: &'a [u8]) -> Result<Self, String> {
        // An empty cell of a struct is a matrix without any data.
        if data.is_empty() {
            return Ok(Self { class: 0, count: 0, name: b"", rest: b"" });
        }
        let (_, flags) = element(&mut data)?;
        let (_, dimensions) = element(&mut data)?;
        let (_, name) = element(&mut data)?;
        let class = *flags.first().ok_or("a matrix without a class")?;
        let side = |bytes: &[u8; 4]| u32::from_le_bytes(*bytes) as usize;
        let sides = dimensions.as_chunks().0.iter().map(side);
        let count = sides.fold(1usize, usize::saturating_mul);
        Ok(Self { class, count, name, rest: data })
    }

    /// The elements of a struct array.
    fn rows(mut self) -> Result<Vec<Row>, String> {
        let (_, len) = element(&mut self.rest)?;
        let (_, names) = element(&mut self.rest)?;
        let len = len.first().copied().map_or(0, usize::from);
        if len == 0 {
            return Err("a struct without names".to_owned());
        }
        let name = |bytes: &[u8]| {
            let text = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
            String::from_utf8_lossy(text).into_owned()
        };
        let names: Vec<String> = names.chunks(len).map(name).collect();
        if names.is_empty() {
            // Rows without a byte would have no end.
            return Err("a struct without names".to_owned());
        }
        let mut rows = Vec::new();
        for _ in 0..self.count {
            let mut row = Row::new();
            for name in &names {
                let (_, data) = element(&mut self.rest)?;
                row.insert(name.clone(), Self::parse(data)?.value()?);
            }
            rows.push(row);
        }
        Ok(rows)
    }

    fn value(mut self) -> Result<Value, String> {
        if self.class == CLASS_CHAR && self.count == 0 {
            return Ok(Value::Text(String::new()));
        }
        if self.count == 0 || self.class == CLASS_STRUCT || self.class == 0 {
            return Ok(Value::Other);
        }
        let (kind, data) = element(&mut self.rest)?;
        if self.class == CLASS_CHAR {
            return Ok(Value::Text(characters(kind, data)));
        }
        Ok(first_number(kind, data).map_or(Value::Other, Value::Number))
    }
}

/// Text, of which this format has 16-bit and 8-bit forms.
fn characters(kind: u32, data: &[u8]) -> String {
    const MI_UINT16: u32 = 4;
    const MI_UTF16: u32 = 17;
    if kind != MI_UINT16 && kind != MI_UTF16 {
        return String::from_utf8_lossy(data).into_owned();
    }
    let units: Vec<u16> = data.as_chunks().0.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
    String::from_utf16_lossy(&units)
}

/// Numbers are stored in the smallest type that holds them.
fn first_number(kind: u32, data: &[u8]) -> Option<f64> {
    Some(match kind {
        1 => f64::from(i8::from_le_bytes(*data.first_chunk()?)),
        2 => f64::from(*data.first()?),
        3 => f64::from(i16::from_le_bytes(*data.first_chunk()?)),
        4 => f64::from(u16::from_le_bytes(*data.first_chunk()?)),
        5 => f64::from(i32::from_le_bytes(*data.first_chunk()?)),
        6 => f64::from(u32::from_le_bytes(*data.first_chunk()?)),
        7 => f64::from(f32::from_le_bytes(*data.first_chunk()?)),
        9 => f64::from_le_bytes(*data.first_chunk()?),
        12 => i64::from_le_bytes(*data.first_chunk()?) as f64,
        13 => u64::from_le_bytes(*data.first_chunk()?) as f64,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Value, structs};

    const PLAIN: &[u8] = include_bytes!("../../../tests/golden/meta-plain.mat");
    const PACKED: &[u8] = include_bytes!("../../../tests/golden/meta.mat");

    #[test]
    fn rows_are_those_that_scipy_wrote() {
        for file in [PLAIN, PACKED] {
            let rows = structs(file, "synsets").unwrap();
            assert_eq!(rows.len(), 4);
            assert_eq!(rows[0]["ILSVRC2012_ID"], Value::Number(1.0));
            assert_eq!(rows[3]["ILSVRC2012_ID"], Value::Number(1001.0));
            assert_eq!(rows[2]["words"], Value::Text("tench, Tinca tinca".to_owned()));
            assert!(structs(file, "nothing").unwrap_err().contains("no variable nothing"));
        }
    }

    #[test]
    fn no_flipped_byte_makes_it_panic() {
        for file in [PLAIN, PACKED] {
            for at in 0..file.len() {
                for mask in [1, 0x80, 0xff] {
                    let mut flipped = file.to_vec();
                    flipped[at] ^= mask;
                    // Any answer will do.
                    drop(structs(&flipped, "synsets"));
                }
            }
        }
    }
}
