//! Blocks of sequential scans, baseline or extended.
//!
//! Source: ITU-T T.81, F.2.2.

use crate::bits::BitReader;
use crate::coefficients::Block;
use crate::error::{Fault, Result};
use crate::huffman::{HuffmanTable, Run};
use crate::scan::{BlockCoder, Scan};
use crate::tables::{Tables, ZIGZAG};

/// Tables and predictions of the parts of a scan.
#[derive(Clone, Debug)]
pub(crate) struct Sequential<'a> {
    dc: [&'a HuffmanTable; 4],
    ac: [&'a HuffmanTable; 4],
    /// The last DC coefficients.
    predictions: [i32; 4],
}

impl<'a> Sequential<'a> {
    pub(crate) fn new(scan: &Scan, tables: &'a Tables) -> Self {
        let (mut dc, mut ac) = ([&tables.dc[0]; 4], [&tables.ac[0]; 4]);
        for (index, part) in scan.parts().iter().enumerate() {
            (dc[index], ac[index]) = (&tables.dc[part.dc], &tables.ac[part.ac]);
        }
        Self { dc, ac, predictions: [0; 4] }
    }

    /// Takes the DC coefficient of a block of `part`.
    #[inline(always)]
    fn dc(&mut self, bits: &mut BitReader<'_>, part: usize) -> Result<i16, Fault> {
        bits.refill();
        let size = self.dc[part].symbol(bits)?;
        let prediction = &mut self.predictions[part];
        *prediction = prediction.wrapping_add(bits.signed(u32::from(size & 15)));
        Ok(*prediction as i16)
    }
}

/// Keeps the coefficients.
pub(crate) struct Keep<'a, 'b>(pub(crate) &'b mut Sequential<'a>);

impl BlockCoder for Keep<'_, '_> {
    #[inline(always)]
    fn block(
        &mut self,
        reader: &mut BitReader<'_>,
        part: usize,
        block: &mut Block,
    ) -> Result<(), Fault> {
        // A copy, which stays in registers.
        let mut bits = reader.clone();
        block[0] = self.0.dc(&mut bits, part)?;
        let table = self.0.ac[part];
        let mut next = 1;
        while next < 64 {
            bits.refill();
            let run = table.run(&bits);
            let (mut step, mut value) = (run.step(), run.value());
            if value == 0 {
                (step, value) = rare(table, &mut bits, run)?;
            } else {
                bits.skip(run.length());
            }
            next += step;
            if value != 0 {
                block[usize::from(ZIGZAG[(next as usize - 1) & 127] & 63)] = value;
            }
        }
        *reader = bits;
        check_end(next)
    }

    #[inline(always)]
    fn restart(&mut self) {
        self.0.predictions = [0; 4];
    }
}

/// Step and value where the table alone does not know them: end of block, 16 zeros, long codes.
#[inline(always)]
fn rare(table: &HuffmanTable, bits: &mut BitReader<'_>, run: Run) -> Result<(u32, i16), Fault> {
    if run.length() == 0 {
        return long(table, bits);
    }
    bits.skip(run.length());
    Ok((run.step(), bits.signed(run.extra()) as i16))
}

#[cold]
fn long(table: &HuffmanTable, bits: &mut BitReader<'_>) -> Result<(u32, i16), Fault> {
    let symbol = table.long_symbol(bits)?;
    let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
    Ok(match (run, size) {
        (15, 0) => (16, 0),
        (_, 0) => (Run::END, 0),
        _ => (run + 1, bits.signed(size) as i16),
    })
}

/// Passes over the bits: what is checked is that they are codes, as many as a block has.
pub(crate) struct Pass<'a, 'b>(pub(crate) &'b mut Sequential<'a>);

impl BlockCoder for Pass<'_, '_> {
    #[inline(always)]
    fn block(
        &mut self,
        reader: &mut BitReader<'_>,
        part: usize,
        _: &mut Block,
    ) -> Result<(), Fault> {
        let mut bits = reader.clone();
        self.0.dc(&mut bits, part)?;
        let table = self.0.ac[part];
        let mut next = 1;
        while next < 64 {
            bits.refill();
            let run = table.run(&bits);
            if run.length() == 0 {
                next += long(table, &mut bits)?.0;
            } else {
                bits.skip(run.length() + run.extra());
                next += run.step();
            }
        }
        *reader = bits;
        check_end(next)
    }

    #[inline(always)]
    fn restart(&mut self) {
        self.0.predictions = [0; 4];
    }
}

/// Whether a block ended behind its last coefficient or with the code for its end.
#[inline(always)]
fn check_end(next: u32) -> Result<(), Fault> {
    if (65..Run::END).contains(&next) { Err(Fault::BlockOverflow) } else { Ok(()) }
}
