//! Blocks of progressive scans.
//!
//! Source: ITU-T T.81, G.1.2 and G.2.

use crate::bits::BitReader;
use crate::coefficients::Block;
use crate::error::{Fault, Result};
use crate::huffman::HuffmanTable;
use crate::scan::{BlockCoder, Scan};
use crate::tables::{Tables, ZIGZAG};

/// The first bits of DC coefficients.
pub(crate) struct DcFirst<'a> {
    tables: [&'a HuffmanTable; 4],
    predictions: [i32; 4],
    low: u32,
}

impl<'a> DcFirst<'a> {
    pub(crate) fn new(scan: &Scan, tables: &'a Tables) -> Self {
        let mut of_parts = [&tables.dc[0]; 4];
        for (table, part) in of_parts.iter_mut().zip(scan.parts()) {
            *table = &tables.dc[part.dc];
        }
        Self { tables: of_parts, predictions: [0; 4], low: scan.low }
    }
}

impl BlockCoder for DcFirst<'_> {
    #[inline(always)]
    fn block(
        &mut self,
        bits: &mut BitReader<'_>,
        part: usize,
        block: &mut Block,
    ) -> Result<(), Fault> {
        bits.refill();
        let size = self.tables[part].symbol(bits)?;
        let prediction = &mut self.predictions[part];
        *prediction = prediction.wrapping_add(bits.signed(u32::from(size & 15)));
        block[0] = (*prediction as i16).wrapping_shl(self.low);
        Ok(())
    }

    fn restart(&mut self) {
        self.predictions = [0; 4];
    }
}

/// One more bit of DC coefficients.
pub(crate) struct DcMore {
    pub(crate) low: u32,
}

impl BlockCoder for DcMore {
    #[inline(always)]
    fn block(
        &mut self,
        bits: &mut BitReader<'_>,
        _: usize,
        block: &mut Block,
    ) -> Result<(), Fault> {
        bits.refill();
        block[0] |= i16::from(bits.bit()) << self.low;
        Ok(())
    }

    fn restart(&mut self) {}
}

/// What a symbol of an AC table says in a progressive scan.
enum Symbol {
    /// A coefficient of `size` bits behind `zeros` zeros.
    Coefficient { zeros: usize, size: u32 },
    /// So many blocks end here, this one included.
    EndOfBlocks(u32),
}

/// Takes a symbol, and the number behind an end of blocks.
#[inline(always)]
fn symbol(table: &HuffmanTable, bits: &mut BitReader<'_>) -> Result<Symbol, Fault> {
    let symbol = table.symbol(bits)?;
    let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
    if size == 0 && run < 15 {
        return Ok(Symbol::EndOfBlocks((1 << run) + bits.number(run)));
    }
    Ok(Symbol::Coefficient { zeros: run as usize, size })
}

/// What both kinds of scans of AC coefficients know.
struct Ac<'a> {
    table: &'a HuffmanTable,
    first: usize,
    last: usize,
    low: u32,
    /// Blocks in which no further coefficient begins.
    ended: u32,
}

impl<'a> Ac<'a> {
    fn new(scan: &Scan, tables: &'a Tables) -> Self {
        let table = &tables.ac[scan.parts()[0].ac];
        Self { table, first: scan.first, last: scan.last, low: scan.low, ended: 0 }
    }
}

/// The first bits of AC coefficients.
pub(crate) struct AcFirst<'a>(Ac<'a>);

impl<'a> AcFirst<'a> {
    pub(crate) fn new(scan: &Scan, tables: &'a Tables) -> Self {
        Self(Ac::new(scan, tables))
    }
}

impl BlockCoder for AcFirst<'_> {
    #[inline(always)]
    fn block(
        &mut self,
        bits: &mut BitReader<'_>,
        _: usize,
        block: &mut Block,
    ) -> Result<(), Fault> {
        if self.0.ended > 0 {
            self.0.ended -= 1;
            return Ok(());
        }
        let mut next = self.0.first;
        while next <= self.0.last {
            bits.refill();
            match symbol(self.0.table, bits)? {
                Symbol::EndOfBlocks(count) => {
                    self.0.ended = count - 1;
                    break;
                }
                Symbol::Coefficient { zeros, size } => {
                    next += zeros + 1;
                    let value = bits.signed(size) as i16;
                    if value != 0 {
                        let place = ZIGZAG[..64].get(next - 1).ok_or(Fault::BlockOverflow)?;
                        block[usize::from(*place)] = value.wrapping_shl(self.0.low);
                    }
                }
            }
        }
        Ok(())
    }

    fn restart(&mut self) {
        self.0.ended = 0;
    }
}

/// One more bit of AC coefficients.
pub(crate) struct AcMore<'a>(Ac<'a>);

impl<'a> AcMore<'a> {
    pub(crate) fn new(scan: &Scan, tables: &'a Tables) -> Self {
        Self(Ac::new(scan, tables))
    }

    /// Takes a bit for each coefficient that has begun, from `next` on, until `zeros` others were passed,
    /// and gives the place of the next one.
    #[inline(always)]
    fn correct(
        &self,
        bits: &mut BitReader<'_>,
        block: &mut Block,
        mut next: usize,
        mut zeros: usize,
    ) -> usize {
        let one = 1_i16 << self.0.low;
        while next <= self.0.last {
            let coefficient = &mut block[usize::from(ZIGZAG[next])];
            if *coefficient != 0 {
                bits.refill();
                if bits.bit() && *coefficient & one == 0 {
                    let more = if *coefficient > 0 { one } else { -one };
                    *coefficient = coefficient.wrapping_add(more);
                }
            } else if zeros == 0 {
                break;
            } else {
                zeros -= 1;
            }
            next += 1;
        }
        next
    }
}

impl BlockCoder for AcMore<'_> {
    #[inline(always)]
    fn block(
        &mut self,
        bits: &mut BitReader<'_>,
        _: usize,
        block: &mut Block,
    ) -> Result<(), Fault> {
        let mut next = self.0.first;
        while self.0.ended == 0 && next <= self.0.last {
            bits.refill();
            match symbol(self.0.table, bits)? {
                Symbol::EndOfBlocks(count) => self.0.ended = count,
                Symbol::Coefficient { zeros, size } => {
                    let positive = size != 0 && bits.bit();
                    next = self.correct(bits, block, next, zeros);
                    if size != 0 {
                        if next > self.0.last {
                            return Err(Fault::BlockOverflow);
                        }
                        let one = 1_i16 << self.0.low;
                        block[usize::from(ZIGZAG[next])] = if positive { one } else { -one };
                    }
                    next += 1;
                }
            }
        }
        if self.0.ended > 0 {
            self.correct(bits, block, next, usize::MAX);
            self.0.ended -= 1;
        }
        Ok(())
    }

    fn restart(&mut self) {
        self.0.ended = 0;
    }
}
