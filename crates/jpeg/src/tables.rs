//! The tables that a file brings: quantization and Huffman.
//!
//! Source: ITU-T T.81, B.2.4.

use crate::error::Result;
use crate::huffman::HuffmanTable;
use crate::markers::Segment;

/// From the order in which coefficients are stored to rows of 8: T.81, figure A.6. Twice as long as
/// needed, so that an index that leaves the block needs no branch of its own.
pub(crate) const ZIGZAG: [u8; 128] = zigzag();

const fn zigzag() -> [u8; 128] {
    let mut order = [63; 128];
    let (mut index, mut diagonal) = (0, 0);
    while diagonal < 15 {
        let mut step = 0;
        while step <= diagonal {
            // Odd diagonals run down to the left, even ones up to the right.
            let row = if diagonal % 2 == 1 { step } else { diagonal - step };
            let column = diagonal - row;
            if row < 8 && column < 8 {
                order[index] = (8 * row + column) as u8;
                index += 1;
            }
            step += 1;
        }
        diagonal += 1;
    }
    order
}

/// Divisors of the coefficients, in rows of 8.
pub(crate) type Quantization = [i16; 64];

/// All tables that are known at a place of the file. Memory of Huffman tables is reused.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tables {
    pub(crate) quantization: [Option<Quantization>; 4],
    pub(crate) dc: [HuffmanTable; 4],
    pub(crate) ac: [HuffmanTable; 4],
}

impl Tables {
    /// Forgets what the last file brought.
    pub(crate) fn clear(&mut self) {
        self.quantization = [None; 4];
        self.dc.iter_mut().chain(&mut self.ac).for_each(HuffmanTable::undefine);
    }

    pub(crate) fn read_quantization(&mut self, segment: &Segment<'_>) -> Result<()> {
        let mut position = 0;
        while position < segment.body.len() {
            let &[head] = segment.bytes(position)?;
            let (wide, number) = (head >> 4, usize::from(head & 15));
            if wide > 1 || number > 3 {
                return segment.damaged("a quantization table of unknown kind");
            }
            let mut table = [0; 64];
            for (index, &place) in ZIGZAG[..64].iter().enumerate() {
                table[usize::from(place)] = match wide {
                    0 => i16::from(segment.bytes::<1>(position + 1 + index)?[0]),
                    // libjpeg-turbo multiplies 16 bits by 16 bits and keeps the lower 16 as well.
                    _ => i16::from_be_bytes(*segment.bytes(position + 1 + 2 * index)?),
                };
            }
            self.quantization[number] = Some(table);
            position += if wide == 0 { 65 } else { 129 };
        }
        Ok(())
    }

    pub(crate) fn read_huffman(&mut self, segment: &Segment<'_>) -> Result<()> {
        let mut position = 0;
        while position < segment.body.len() {
            let &[head] = segment.bytes(position)?;
            let counts = segment.bytes::<16>(position + 1)?;
            let codes: usize = counts.iter().map(|&count| usize::from(count)).sum();
            let Some(symbols) = segment.body.get(position + 17..position + 17 + codes) else {
                return segment.damaged("a Huffman table longer than its segment");
            };
            let number = usize::from(head & 15);
            let tables = match head >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return segment.damaged("a Huffman table of unknown kind"),
            };
            let Some(table) = tables.get_mut(number) else {
                return segment.damaged("a Huffman table that is not from 0 to 3");
            };
            if table.define(counts, symbols).is_none() {
                return segment.damaged("a Huffman table with too many codes");
            }
            position += 17 + codes;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::ZIGZAG;

    #[test]
    fn the_zigzag_begins_and_ends_as_in_the_standard() {
        assert_eq!(ZIGZAG[..10], [0, 1, 8, 16, 9, 2, 3, 10, 17, 24]);
        assert_eq!(ZIGZAG[60..66], [47, 55, 62, 63, 63, 63]);
        let mut sorted = ZIGZAG[..64].to_vec();
        sorted.sort_unstable();
        assert!(sorted.iter().copied().eq(0..64));
    }
}
