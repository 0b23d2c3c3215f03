//! Blocks of sequential scans, baseline or extended.
//!
//! Source: ITU-T T.81, F.2.2.

use crate::bits::BitReader;
use crate::coefficients::Block;
use crate::error::{Fault, Result};
use crate::huffman::HuffmanTable;
use crate::lookahead::Step;
use crate::scan::{BlockCoder, Scan};
use crate::tables::{Tables, ZIGZAG};

/// Tables and predictions of the parts of a scan.
#[derive(Clone, Debug)]
pub(crate) struct Sequential<'a> {
    dc: [&'a HuffmanTable; 4],
    pub(crate) ac: [&'a HuffmanTable; 4],
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

    /// Begins anew after a restart marker.
    pub(crate) fn restart(&mut self) {
        self.predictions = [0; 4];
    }

    /// Takes the DC coefficient of a block of `part`.
    #[inline(always)]
    pub(crate) fn first(&mut self, bits: &mut BitReader<'_>, part: usize) -> Result<i16, Fault> {
        bits.refill();
        let leap = self.dc[part].first_leap(bits);
        let (before, count) = leap.value();
        let mut difference = bits.peek_signed(before, count);
        bits.skip_lowest(leap.length());
        if leap.is_unknown() {
            // With a copy of the reader, which so stays in registers otherwise.
            let mut copy = bits.clone();
            difference = long_first(self.dc[part], &mut copy)?;
            *bits = copy;
        }
        let prediction = &mut self.predictions[part];
        *prediction = prediction.wrapping_add(difference);
        Ok(*prediction as i16)
    }
}

/// Takes a DC coefficient's difference whose code may be long. Nothing of it was taken yet.
#[cold]
fn long_first(table: &HuffmanTable, bits: &mut BitReader<'_>) -> Result<i32, Fault> {
    let size = table.symbol(bits)?;
    Ok(bits.signed(u32::from(size & 15)))
}

/// Keeps the coefficients.
pub(crate) struct Keep<'a, 'b>(pub(crate) &'b mut Sequential<'a>);

impl BlockCoder for Keep<'_, '_> {
    #[inline(always)]
    fn block(
        &mut self,
        bits: &mut BitReader<'_>,
        part: usize,
        block: &mut Block,
    ) -> Result<(), Fault> {
        *block = [0; 64];
        block[0] = self.0.first(bits, part)?;
        ac(Kept { table: self.0.ac[part], block }, bits)
    }

    #[inline(always)]
    fn restart(&mut self) {
        self.0.restart();
    }
}

/// What is done with the symbols of a block behind the first one.
pub(crate) trait Symbols {
    /// Looks up what the next bits mean, and gives how many they are, in the lowest 6 bits, and the place
    /// behind them.
    fn look(&mut self, bits: &BitReader<'_>, next: u32) -> (u32, u32);

    /// Takes one symbol, which may be long or the last one of a full block, and gives the place behind it.
    fn one(&mut self, bits: &mut BitReader<'_>, next: u32) -> Result<u32, Fault>;
}

/// Symbols whose coefficients come to a block.
struct Kept<'a> {
    table: &'a HuffmanTable,
    block: &'a mut Block,
}

impl Symbols for Kept<'_> {
    #[inline(always)]
    fn look(&mut self, bits: &BitReader<'_>, next: u32) -> (u32, u32) {
        let (step, block) = (self.table.step(bits), &mut *self.block);
        let (before, count) = step.first_value();
        // In this order: the second one may be a zero that stands for nothing, behind the block's end.
        block[place(next + step.second())] = step.second_value();
        block[place(next + step.first())] = bits.peek_signed(before, count) as i16;
        (step.length(), next + step.advance())
    }

    #[inline(always)]
    fn one(&mut self, bits: &mut BitReader<'_>, next: u32) -> Result<u32, Fault> {
        one_symbol(self.table, bits, next, Some(self.block))
    }
}

/// Takes the symbols of a block behind the first one.
#[inline(always)]
pub(crate) fn ac(mut symbols: impl Symbols, bits: &mut BitReader<'_>) -> Result<(), Fault> {
    let mut next = 1;
    while next < 64 {
        let (length, after) = steps(&mut symbols, bits, &mut next);
        if is_end(after) {
            bits.skip_lowest(length);
            break;
        }
        // With a copy of the reader, which so stays in registers otherwise.
        let mut copy = bits.clone();
        next = symbols.one(&mut copy, next)?;
        *bits = copy;
    }
    Ok(())
}

/// Goes on by what the table knows, up to the step that leaves the block, and gives the bits of that step and
/// the place behind it. Its bits stay: perhaps they are not what it takes them for.
///
/// Bits for one step must be available: 10 for a code and 15 for a value.
#[inline(always)]
fn steps(symbols: &mut impl Symbols, bits: &mut BitReader<'_>, next: &mut u32) -> (u32, u32) {
    loop {
        // Bits suffice for two steps.
        let (length, after) = symbols.look(bits, *next);
        if after >= 64 {
            return (length, after);
        }
        bits.skip_lowest(length);
        *next = after;
        bits.refill();
        let (length, after) = symbols.look(bits, *next);
        if after >= 64 {
            return (length, after);
        }
        bits.skip_lowest(length);
        *next = after;
    }
}

/// Where in a block the coefficient is that is stored as number `number`.
#[inline(always)]
fn place(number: u32) -> usize {
    usize::from(ZIGZAG[number as usize & 127] & 63)
}

/// Whether a block ended behind its last coefficient, or before with the code for its end. If not, its last
/// step begins with a long code, took codes of what comes after the block, or has too many coefficients.
#[inline(always)]
fn is_end(after: u32) -> bool {
    after == 64 || (Step::END..Step::END + 64).contains(&after)
}

/// Takes one symbol, which may be long or the last one of a full block, and gives the place behind it.
#[cold]
pub(crate) fn one_symbol(
    table: &HuffmanTable,
    bits: &mut BitReader<'_>,
    next: u32,
    block: Option<&mut Block>,
) -> Result<u32, Fault> {
    bits.refill();
    let symbol = table.symbol(bits)?;
    let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
    if size == 0 && run < 15 {
        return Ok(Step::END);
    }
    let value = bits.signed(size) as i16;
    let place = ZIGZAG[..64].get((next + run) as usize).ok_or(Fault::BlockOverflow)?;
    if let Some(block) = block {
        block[usize::from(*place)] = value;
    }
    Ok(next + run + 1)
}

#[cfg(test)]
mod tests {
    use super::{Kept, Step, ac, one_symbol};
    use crate::bits::{BitReader, PADDING};
    use crate::coefficients::Block;
    use crate::error::Fault;
    use crate::huffman::HuffmanTable;
    use crate::passing::Passed;
    use crate::standard_tables;
    use crate::tables::Tables;

    /// The bits of any codes, most of them short.
    fn data(seed: u64, ones: u32) -> Vec<u8> {
        let mut state = seed;
        let mut bytes = Vec::new();
        for _ in 0..40 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let (a, b) = ((state >> 32) as u8, (state >> 40) as u8);
            bytes.push(if ones == 0 { a & b } else { a | b });
        }
        bytes.extend([0; PADDING]);
        bytes
    }

    /// A block by single symbols.
    fn slowly(
        table: &HuffmanTable,
        bits: &mut BitReader<'_>,
        block: &mut Block,
    ) -> Result<(), Fault> {
        let mut next = 1;
        while next < 64 {
            next = one_symbol(table, bits, next, Some(block))?;
        }
        assert!(next == 64 || next == Step::END);
        Ok(())
    }

    #[test]
    fn steps_are_what_the_symbols_say_one_by_one() {
        let mut tables = Tables::default();
        standard_tables::fill_in(&mut tables);
        for table in &mut tables.ac[..2] {
            table.look_ahead();
            table.prepare_to_pass(false);
        }
        let (mut whole, mut full, mut bad) = (0, 0, 0);
        for seed in 0..20_000 {
            let (bytes, table) = (data(seed, seed as u32 % 2), &tables.ac[seed as usize / 2 % 2]);
            let mut blocks = [[0; 64]; 2];
            let mut readers = [(); 3].map(|()| BitReader::new(&bytes));
            readers.iter_mut().for_each(BitReader::refill);
            let fast = ac(Kept { table, block: &mut blocks[0] }, &mut readers[0]);
            let slow = slowly(table, &mut readers[1], &mut blocks[1]);
            let passed = ac(Passed(table), &mut readers[2]);
            assert_eq!((fast.is_ok(), passed.is_ok()), (slow.is_ok(), slow.is_ok()), "{seed}");
            bad += u32::from(fast.is_err());
            if fast.is_ok() {
                assert_eq!(blocks[0], blocks[1], "{seed}");
                readers.iter_mut().for_each(BitReader::refill);
                let next = readers.map(|mut bits| bits.number(16));
                assert_eq!(next, [next[1]; 3], "{seed}");
                whole += 1;
                full += u32::from(blocks[0][63] != 0);
            }
        }
        assert!(whole > 1000 && full > 10 && bad > 100, "{whole} {full} {bad}");
    }
}
