//! Huffman tables, unfolded for looking up.
//!
//! Source: ITU-T T.81, C (codes from their lengths), F.2.2.3 (decoding).

use crate::bits::BitReader;
use crate::error::{Fault, Result};

/// Bits that find a symbol, and perhaps the value behind it, in one step. Longer codes are rare.
const LOOK: u32 = 10;

/// A table that says what bits mean.
#[derive(Clone, Debug)]
pub(crate) struct HuffmanTable {
    /// The number of codes of 1 to 16 bits, then the symbols: the table as files have it.
    spec: Vec<u8>,
    /// Whether this file has it. Files of one origin often have the same tables, which are kept.
    defined: bool,
    /// By the next bits: symbol, and length of its code above it; 0 where the code is longer.
    symbols: Box<[u16; 1 << LOOK]>,
    /// By the next bits: what they mean as a coefficient.
    runs: Box<[Run; 1 << LOOK]>,
    /// By the length of a code: one more than the last code of that length, aligned to 16 bits.
    ends: [u32; 17],
    /// By the length of a code: what to add to a code for the index of its symbol.
    offsets: [i32; 17],
}

/// What [`HuffmanTable::run`] found: a coefficient that is not zero and the zeros before it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Run(u32);

impl Run {
    /// The step that ends a block, larger than any that is possible inside it.
    pub(crate) const END: u32 = 100;

    fn new(length: u32, extra: u32, step: u32, value: i16) -> Self {
        Self(length | extra << 5 | step << 9 | u32::from(value.cast_unsigned()) << 16)
    }

    /// Bits of the code, and of the value if it is known; 0 where the code is longer than the table.
    #[inline(always)]
    pub(crate) fn length(self) -> u32 {
        self.0 & 31
    }

    /// Bits of the value, where it is not known yet.
    #[inline(always)]
    pub(crate) fn extra(self) -> u32 {
        self.0 >> 5 & 15
    }

    /// How many coefficients to go on: 1 and the zeros in between; [`END`](Self::END) at the end.
    #[inline(always)]
    pub(crate) fn step(self) -> u32 {
        self.0 >> 9 & 127
    }

    /// The coefficient; 0 if its bits do not lie in the table, or there is none.
    #[inline(always)]
    pub(crate) fn value(self) -> i16 {
        (self.0 >> 16) as i16
    }
}

impl Default for HuffmanTable {
    fn default() -> Self {
        Self {
            spec: Vec::new(),
            defined: false,
            symbols: Box::new([0; 1 << LOOK]),
            runs: Box::new([Run::default(); 1 << LOOK]),
            ends: [0; 17],
            offsets: [0; 17],
        }
    }
}

impl HuffmanTable {
    /// Forgets the table, so that the next file brings its own.
    pub(crate) fn undefine(&mut self) {
        self.defined = false;
    }

    pub(crate) fn is_defined(&self) -> bool {
        self.defined
    }

    /// The largest symbol.
    pub(crate) fn largest(&self) -> u8 {
        self.spec.get(16..).and_then(|symbols| symbols.iter().max()).copied().unwrap_or(0)
    }

    /// Takes a table as files have it: the number of codes of each length, then the symbols.
    ///
    /// `None` if there are more codes of a length than are left.
    pub(crate) fn define(&mut self, counts: &[u8; 16], symbols: &[u8]) -> Option<()> {
        let known = self.spec.split_at_checked(16);
        if known.is_none_or(|known| known != (counts, symbols)) {
            self.unfold(counts, symbols)?;
        }
        self.defined = true;
        Some(())
    }

    fn unfold(&mut self, counts: &[u8; 16], symbols: &[u8]) -> Option<()> {
        self.spec.clear();
        self.symbols.fill(0);
        let (mut code, mut index) = (0_u32, 0_usize);
        for length in 1..=16_u32 {
            let count = usize::from(counts[length as usize - 1]);
            self.offsets[length as usize] = index as i32 - code as i32;
            for &symbol in &symbols[index..index + count] {
                if code >= 1 << length {
                    return None;
                }
                self.enter(code, length, symbol);
                code += 1;
            }
            index += count;
            self.ends[length as usize] = code << (16 - length);
            code <<= 1;
        }
        self.enter_runs();
        self.spec.extend_from_slice(counts);
        self.spec.extend_from_slice(symbols);
        Some(())
    }

    /// Writes a symbol wherever bits begin with its code.
    fn enter(&mut self, code: u32, length: u32, symbol: u8) {
        if let Some(free) = LOOK.checked_sub(length) {
            let first = (code as usize) << free;
            let entry = (length as u16) << 8 | u16::from(symbol);
            self.symbols[first..first + (1 << free)].fill(entry);
        }
    }

    fn enter_runs(&mut self) {
        for (bits, (run, &entry)) in self.runs.iter_mut().zip(self.symbols.iter()).enumerate() {
            *run = if entry == 0 { Run::default() } else { run_of(bits as u32, entry) };
        }
    }

    /// Takes the next symbol. At least 16 bits must be available.
    #[inline(always)]
    pub(crate) fn symbol(&self, bits: &mut BitReader<'_>) -> Result<u8, Fault> {
        let entry = self.symbols[bits.peek::<LOOK>()];
        if entry == 0 {
            return self.long_symbol(bits);
        }
        bits.skip(u32::from(entry >> 8));
        Ok(entry as u8)
    }

    /// What the next bits mean as a coefficient. They stay.
    #[inline(always)]
    pub(crate) fn run(&self, bits: &BitReader<'_>) -> Run {
        self.runs[bits.peek::<LOOK>()]
    }

    /// Takes a symbol with a code of any length.
    #[cold]
    pub(crate) fn long_symbol(&self, bits: &mut BitReader<'_>) -> Result<u8, Fault> {
        let next = bits.peek::<16>() as u32;
        let length = (1..=16).find(|&length| next < self.ends[length]).ok_or(Fault::BadCode)?;
        let index = (next >> (16 - length)) as i32 + self.offsets[length];
        bits.skip(length as u32);
        let symbol = usize::try_from(index).ok().and_then(|index| self.spec.get(16 + index));
        symbol.copied().ok_or(Fault::BadCode)
    }
}

/// What a symbol of an AC table means, with the value behind it if that lies within the bits.
fn run_of(bits: u32, entry: u16) -> Run {
    let (length, run, size) =
        (u32::from(entry >> 8), u32::from(entry >> 4 & 15), u32::from(entry & 15));
    match (run, size) {
        (15, 0) => Run::new(length, 0, 16, 0),
        (_, 0) => Run::new(length, 0, Run::END, 0),
        _ if length + size > LOOK => Run::new(length, size, run + 1, 0),
        _ => {
            let number = (bits >> (LOOK - length - size) & ((1 << size) - 1)).cast_signed();
            let negative = number < 1 << (size - 1);
            let value = if negative { number - (1 << size) + 1 } else { number };
            Run::new(length + size, 0, run + 1, value as i16)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::HuffmanTable;
    use crate::bits::BitReader;
    use crate::error::Fault;

    /// One code of each length from 1 to 16: 0, 10, 110 and so on.
    fn staircase() -> HuffmanTable {
        let mut table = HuffmanTable::default();
        let symbols: Vec<u8> = (1..=16).collect();
        table.define(&[1; 16], &symbols).expect("a code of each length");
        table
    }

    fn first_symbol(table: &HuffmanTable, word: u16) -> Result<u8, Fault> {
        let mut data = word.to_be_bytes().to_vec();
        data.extend([0; 8]);
        let mut bits = BitReader::new(&data);
        bits.refill();
        table.symbol(&mut bits)
    }

    #[test]
    fn codes_of_every_length_are_found() {
        let table = staircase();
        for ones in 0..16 {
            let word = !(0xffff_u32 >> ones) as u16;
            assert_eq!(first_symbol(&table, word), Ok(ones as u8 + 1), "{word:016b}");
        }
        assert_eq!(first_symbol(&table, 0xffff), Err(Fault::BadCode));
    }

    #[test]
    fn a_table_with_too_many_codes_is_refused() {
        let mut counts = [0; 16];
        counts[0] = 3;
        assert!(HuffmanTable::default().define(&counts, &[1, 2, 3]).is_none());
    }

    #[test]
    fn a_value_in_the_table_is_the_value_of_the_bits() {
        let mut table = HuffmanTable::default();
        let mut counts = [0; 16];
        counts[1] = 2;
        // 00: end of block; 01: two zeros, then a value of 3 bits.
        table.define(&counts, &[0x00, 0x23]).expect("two codes of two bits");
        for value in 0..8_u16 {
            let word = 0b01 << 14 | value << 11;
            let data = [&word.to_be_bytes()[..], &[0; 8]].concat();
            let mut bits = BitReader::new(&data);
            bits.refill();
            let run = table.run(&bits);
            bits.skip(2);
            assert_eq!(i32::from(run.value()), bits.signed(3));
            assert_eq!((run.length(), run.step(), run.extra()), (5, 3, 0));
        }
    }
}
