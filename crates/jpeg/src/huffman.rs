//! Huffman tables, unfolded for looking up.
//!
//! Source: ITU-T T.81, C (codes from their lengths), F.2.2.3 (decoding).

use crate::bits::BitReader;
use crate::error::{Fault, Result};
use crate::leaps::{self, FirstLeap, FirstLeaps, Leap, Leaps};
use crate::lookahead::{LOOK, Step, Symbols};

/// A table that says what bits mean.
#[derive(Clone, Debug)]
pub(crate) struct HuffmanTable {
    /// The number of codes of 1 to 16 bits, then the symbols: the table as files have it.
    spec: Vec<u8>,
    /// Whether this file has it. Files of one origin often have the same tables, which are kept.
    defined: bool,
    symbols: Box<Symbols>,
    /// By the next bits: what they mean in a block, once [`look_ahead`](Self::look_ahead) was called.
    steps: Box<[Step; 1 << LOOK]>,
    looks_ahead: bool,
    /// The same where nothing is kept, once [`prepare_to_pass`](Self::prepare_to_pass) was called.
    leaps: Box<Leaps>,
    first_leaps: Box<FirstLeaps>,
    passes: bool,
    /// By the length of a code: one more than the last code of that length, aligned to 16 bits.
    ends: [u32; 17],
    /// By the length of a code: what to add to a code for the index of its symbol.
    offsets: [i32; 17],
}

impl Default for HuffmanTable {
    fn default() -> Self {
        Self {
            spec: Vec::new(),
            defined: false,
            symbols: Box::new([0; 1 << LOOK]),
            steps: Box::new([Step::default(); 1 << LOOK]),
            looks_ahead: false,
            leaps: Box::new([Leap::default(); 1 << leaps::LOOK]),
            first_leaps: Box::new([FirstLeap::default(); 1 << leaps::FIRST_LOOK]),
            passes: false,
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
        (self.looks_ahead, self.passes) = (false, false);
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

    /// Prepares [`step`](Self::step), for tables of coefficients.
    pub(crate) fn look_ahead(&mut self) {
        if !self.looks_ahead {
            for bits in 0..1 << LOOK {
                let same = Step::smallest_of_same(bits, &self.symbols);
                self.steps[bits as usize] = match same == bits {
                    true => Step::of(bits, &self.symbols),
                    false => self.steps[same as usize],
                };
            }
            self.looks_ahead = true;
        }
    }

    /// Prepares the leaps from a block's first symbol, or else from the others.
    pub(crate) fn prepare_to_pass(&mut self, first: bool) {
        if !self.passes {
            match first {
                true => leaps::fill_first(&self.spec, &mut self.first_leaps),
                false => leaps::fill(&self.spec, &mut self.leaps),
            }
            self.passes = true;
        }
    }

    /// Takes the next symbol. At least 16 bits must be available.
    #[inline(always)]
    pub(crate) fn symbol(&self, bits: &mut BitReader<'_>) -> Result<u8, Fault> {
        let mut entry = self.symbols[bits.peek::<LOOK>()];
        if entry == 0 {
            entry = self.long_entry(bits.peek::<16>() as u32)?;
        }
        bits.skip(u32::from(entry >> 8));
        Ok(entry as u8)
    }

    /// What the next bits mean in a block. They stay.
    #[inline(always)]
    pub(crate) fn step(&self, bits: &BitReader<'_>) -> Step {
        self.steps[bits.peek::<LOOK>()]
    }

    /// What the next bits mean in a block of which nothing is kept. They stay.
    #[inline(always)]
    pub(crate) fn leap(&self, bits: &BitReader<'_>) -> Leap {
        self.leaps[bits.peek::<{ leaps::LOOK }>()]
    }

    /// What the next bits mean where such a block begins. They stay.
    #[inline(always)]
    pub(crate) fn first_leap(&self, bits: &BitReader<'_>) -> FirstLeap {
        self.first_leaps[bits.peek::<{ leaps::FIRST_LOOK }>()]
    }

    /// The entry that a longer table had for these 16 bits. Whoever calls keeps its reader, which so can
    /// stay in registers.
    #[cold]
    fn long_entry(&self, next: u32) -> Result<u16, Fault> {
        let length = (1..=16).find(|&length| next < self.ends[length]).ok_or(Fault::BadCode)?;
        let index = (next >> (16 - length)) as i32 + self.offsets[length];
        let symbol = usize::try_from(index).ok().and_then(|index| self.spec.get(16 + index));
        Ok((length as u16) << 8 | u16::from(*symbol.ok_or(Fault::BadCode)?))
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
}
