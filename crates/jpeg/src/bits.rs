//! Bits of compressed data, the first bit of a byte first.

/// Zero bytes that must follow the data, so that 8 bytes can be read wherever data begins.
pub(crate) const PADDING: usize = 8;

/// Reads bits from data without stuffed bytes. Behind its end there are zeros; whoever reads finds out
/// with [`overrun`](Self::overrun).
#[derive(Clone, Debug)]
pub(crate) struct BitReader<'a> {
    /// The data that are not wholly in `bits`, then [`PADDING`].
    rest: &'a [u8],
    /// The next bits, from the top; below the `valid` ones there may be more, which `refill` writes again.
    bits: u64,
    /// How many; only its lowest 6 bits count.
    valid: u32,
    /// Bytes that were taken where there were no more.
    missing: u32,
}

impl<'a> BitReader<'a> {
    /// Reads `data`, whose last [`PADDING`] bytes are zeros and do not count.
    pub(crate) fn new(data: &'a [u8]) -> Self {
        debug_assert!(data.ends_with(&[0; PADDING]), "padded");
        Self { rest: data, bits: 0, valid: 0, missing: 0 }
    }

    /// Makes 56 bits available at least.
    #[inline(always)]
    pub(crate) fn refill(&mut self) {
        let bytes = !self.valid >> 3 & 7;
        if let Some(&next) = self.rest.first_chunk::<8>() {
            self.bits |= u64::from_be_bytes(next).wrapping_shr(self.valid);
            self.rest = &self.rest[bytes as usize..];
        } else {
            // What is left is padding.
            self.missing += bytes;
        }
        self.valid = self.valid & 7 | 56;
    }

    /// The next `N` bits, which stay; 1 to 32.
    #[inline(always)]
    pub(crate) fn peek<const N: u32>(&self) -> usize {
        (self.bits >> (64 - N)) as usize
    }

    /// Passes over `count` bits, which must be available.
    #[inline(always)]
    pub(crate) fn skip(&mut self, count: u32) {
        debug_assert!(count <= self.valid & 63, "refilled often enough");
        self.bits = self.bits.wrapping_shl(count);
        self.valid = self.valid.wrapping_sub(count);
    }

    /// Passes over as many bits as the lowest 6 bits of `count` say, which must be available.
    ///
    /// The processor shifts by these alone: nothing else is between a table and the next bits.
    #[inline(always)]
    pub(crate) fn skip_lowest(&mut self, count: u32) {
        debug_assert!(count & 63 <= self.valid & 63, "refilled often enough");
        self.bits = self.bits.wrapping_shl(count);
        self.valid = self.valid.wrapping_sub(count);
    }

    /// Takes one bit.
    #[inline(always)]
    pub(crate) fn bit(&mut self) -> bool {
        let bit = self.bits >> 63 == 1;
        self.skip(1);
        bit
    }

    /// Takes `count` bits as a number; at most 16.
    #[inline(always)]
    pub(crate) fn number(&mut self, count: u32) -> u32 {
        // In two steps, because a shift by 64 is none.
        let number = (self.bits >> 1) >> (63 - count);
        self.skip(count);
        number as u32
    }

    /// Takes `count` bits as a signed number (T.81, F.2.2.1): those that begin with 0 are negative. At
    /// most 16.
    #[inline(always)]
    pub(crate) fn signed(&mut self, count: u32) -> i32 {
        let value = self.peek_signed(0, count);
        self.skip(count);
        value
    }

    /// The signed number of `count` bits that begins behind `before` bits. They all stay.
    #[inline(always)]
    pub(crate) fn peek_signed(&self, before: u32, count: u32) -> i32 {
        let bits = self.bits.wrapping_shl(before);
        // In two steps, because a shift by 64 is none.
        let number = (bits >> 1).wrapping_shr(63 - count) as i32;
        let ones = (u64::MAX >> 1).wrapping_shr(63 - count) as i32;
        let positive = (bits.cast_signed() >> 63) as i32;
        number - (ones & !positive)
    }

    /// Whether more bits were taken than there are.
    pub(crate) fn overrun(&self) -> bool {
        8 * (self.missing as usize + PADDING) > 8 * self.rest.len() + (self.valid & 63) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::BitReader;

    #[test]
    fn numbers_are_those_of_the_standard() {
        let mut data = vec![0b1011_0001, 0b1000_0000];
        data.extend([0; 8]);
        let mut bits = BitReader::new(&data);
        bits.refill();
        // 10: positive 2; 11: positive 3; 000: negative, -7; 11: 3; then zeros.
        let taken = [bits.signed(2), bits.signed(2), bits.signed(3), bits.signed(2)];
        assert_eq!(taken, [2, 3, -7, 3]);
        assert_eq!(bits.signed(0), 0);
        assert!(!bits.overrun());
        bits.skip(7);
        assert!(!bits.overrun());
        bits.skip(1);
        assert!(bits.overrun());
    }

    #[test]
    fn far_behind_the_end_there_are_zeros() {
        let mut bits = BitReader::new(&[0xff, 0, 0, 0, 0, 0, 0, 0, 0]);
        bits.refill();
        assert_eq!(bits.number(8), 0xff);
        for _ in 0..1000 {
            bits.refill();
            assert_eq!(bits.number(16), 0);
        }
        assert!(bits.overrun());
    }
}
