//! Passing over blocks: what is checked is that their bits are codes, as many as a block has.

use crate::bits::BitReader;
use crate::error::{Fault, Result};
use crate::huffman::HuffmanTable;
use crate::scan::UnitPasser;
use crate::sequential::{Sequential, Symbols, ac, one_symbol};

impl UnitPasser for Sequential<'_> {
    /// Only the first coefficients are followed.
    #[inline(always)]
    fn pass(
        &mut self,
        bits: &mut BitReader<'_>,
        parts: &[usize],
        units: usize,
    ) -> Result<(), Fault> {
        // A copy, which stays in registers.
        let mut reader = bits.clone();
        for _ in 0..units {
            for &part in parts {
                self.first(&mut reader, part)?;
                ac(Passed(self.ac[part]), &mut reader)?;
            }
        }
        *bits = reader;
        Ok(())
    }

    fn restart(&mut self) {
        Sequential::restart(self);
    }
}

/// Symbols that are only counted.
pub(crate) struct Passed<'a>(pub(crate) &'a HuffmanTable);

impl Symbols for Passed<'_> {
    #[inline(always)]
    fn look(&mut self, bits: &BitReader<'_>, next: u32) -> (u32, u32) {
        let leap = self.0.leap(bits);
        (leap.length(), next + leap.advance())
    }

    #[inline(always)]
    fn one(&mut self, bits: &mut BitReader<'_>, next: u32) -> Result<u32, Fault> {
        one_symbol(self.0, bits, next, None)
    }
}
