//! What the next bits of a block mean where nothing is kept of it: as many symbols as can be seen, in one step.

use crate::lookahead::Step;

/// Bits that are looked at.
pub(crate) const LOOK: u32 = 12;

/// Bits that are looked at where a block begins: codes are short there.
pub(crate) const FIRST_LOOK: u32 = 10;

/// The most bits of a leap, so that there are enough for two between two refills.
const MOST_BITS: u32 = 25;

/// How many bits the next symbols take with their values, and how far they go on in the block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Leap(u16);

/// Leaps by the next bits.
pub(crate) type Leaps = [Leap; 1 << LOOK];

impl Leap {
    /// Goes beyond any block, without its end: the first code is longer than what is looked at.
    const UNKNOWN: Self = Self::new(0, 64);

    const fn new(length: u32, advance: u32) -> Self {
        Self((advance << 6 | length) as u16)
    }

    /// Bits of everything, none if the first code is too long, below bits that do not matter.
    #[inline(always)]
    pub(crate) fn length(self) -> u32 {
        u32::from(self.0)
    }

    /// How far to go on, and [`Step::END`] more at the end of the block.
    #[inline(always)]
    pub(crate) fn advance(self) -> u32 {
        u32::from(self.0 >> 6)
    }
}

/// How many bits the first symbol of a block takes with its value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FirstLeap(u16);

/// First leaps by the next bits.
pub(crate) type FirstLeaps = [FirstLeap; 1 << FIRST_LOOK];

impl FirstLeap {
    fn new(length: u32, size: u32) -> Self {
        Self((size << 12 | length << 6 | (length + size)) as u16)
    }

    /// Whether the code is longer than what is looked at.
    #[inline(always)]
    pub(crate) fn is_unknown(self) -> bool {
        self.0 == 0
    }

    /// Bits of everything, below bits that do not matter.
    #[inline(always)]
    pub(crate) fn length(self) -> u32 {
        u32::from(self.0)
    }

    /// Bits before the value, and the bits of it.
    #[inline(always)]
    pub(crate) fn value(self) -> (u32, u32) {
        (u32::from(self.0 >> 6) & 63, u32::from(self.0 >> 12))
    }
}

/// Writes the leaps from a table of first symbols: the number of codes of each length, then the symbols.
pub(crate) fn fill_first(spec: &[u8], leaps: &mut FirstLeaps) {
    leaps.fill(FirstLeap::default());
    for (code, length, symbol) in codes(spec, FIRST_LOOK) {
        let free = FIRST_LOOK - length;
        let first = (code as usize) << free;
        leaps[first..first + (1 << free)].fill(FirstLeap::new(length, u32::from(symbol & 15)));
    }
}

/// The codes of a table with at most so many bits, their lengths and symbols.
fn codes(spec: &[u8], longest: u32) -> impl Iterator<Item = (u32, u32, u8)> {
    let (counts, symbols) = spec.split_at_checked(16).unwrap_or_default();
    let lengths = (1..=longest).zip(counts);
    let lengths = lengths.flat_map(|(length, &count)| std::iter::repeat_n(length, count.into()));
    let (mut code, mut last) = (0, 0);
    lengths.zip(symbols).map(move |(length, &symbol)| {
        code <<= length - last;
        last = length;
        code += 1;
        (code - 1, length, symbol)
    })
}

/// Writes the leaps from a table as files have it.
pub(crate) fn fill(spec: &[u8], leaps: &mut Leaps) {
    leaps.fill(Leap::UNKNOWN);
    Prefix::default().extend(spec, leaps);
}

/// The first bits of what is looked at, whose meaning is known.
#[derive(Clone, Copy, Default)]
struct Prefix {
    bits: u32,
    length: u32,
    advance: u32,
}

impl Prefix {
    /// Writes what is longer by one or more symbols.
    fn extend(self, spec: &[u8], leaps: &mut Leaps) {
        for (code, length, symbol) in codes(spec, LOOK - self.length) {
            self.then(code, length, symbol, spec, leaps);
        }
    }

    /// Writes what begins with this and a symbol.
    fn then(self, code: u32, length: u32, symbol: u8, spec: &[u8], leaps: &mut Leaps) {
        let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
        let (bits, seen) = (self.bits << length | code, self.length + length);
        let is_end = size == 0 && run < 15;
        let advance = self.advance + if is_end { Step::END } else { run + 1 };
        let leap = Leap::new(seen + size, advance);
        if !is_end && advance > 63 || seen + size > MOST_BITS {
            return;
        }
        let (free, first) = (LOOK - seen, (bits as usize) << (LOOK - seen));
        let Some(room) = free.checked_sub(size).filter(|_| !is_end) else {
            return leaps[first..first + (1 << free)].fill(leap);
        };
        leaps[first..first + (1 << room)].fill(leap);
        Self { bits: bits << size, length: seen + size, advance }.extend(spec, leaps);
        // The same for every value.
        for doubled in room..free {
            leaps.copy_within(first..first + (1 << doubled), first + (1 << doubled));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FIRST_LOOK, FirstLeap, LOOK, Leap, fill, fill_first};
    use crate::lookahead::Step;

    /// A table with the codes 0, 10, 110 and so on, as files have it.
    fn spec(symbols: &[u8]) -> Vec<u8> {
        let counts = (0..16).map(|length| u8::from(length < symbols.len()));
        counts.chain(symbols.iter().copied()).collect()
    }

    #[test]
    fn a_leap_takes_what_can_be_seen() {
        let mut leaps = [Leap::default(); 1 << LOOK];
        // The end; a value of 2 bits behind one zero; sixteen zeros; a value of 9 bits.
        fill(&spec(&[0x00, 0x12, 0xf0, 0x09]), &mut leaps);
        let leap = |bits: usize| (leaps[bits].length() & 63, leaps[bits].advance());
        assert_eq!(leap(0b0100_0000_0000), (1, Step::END));
        assert_eq!(leap(0b1011_1001_0000), (9, 4 + Step::END), "two values and the end");
        assert_eq!(leap(0b1101_0011_1000), (11, 34 + Step::END), "zeros, a value, zeros, the end");
        assert_eq!(leap(0b1101_0011_1100), (20, 19), "zeros and two values");
        assert_eq!(leap(0b1110_1111_1111), (13, 1), "a value that cannot be seen whole");
        assert_eq!(leap(0b1111_0000_0000), (0, 64), "no code");
    }

    #[test]
    fn a_first_leap_knows_where_the_value_is() {
        let mut leaps = [FirstLeap::default(); 1 << FIRST_LOOK];
        fill_first(&spec(&[0, 3, 11]), &mut leaps);
        let leap = |bits: usize| (leaps[bits].length() & 63, leaps[bits].value());
        assert_eq!(leap(0b0111111111), (1, (1, 0)));
        assert_eq!(leap(0b1001111111), (5, (2, 3)));
        assert_eq!(leap(0b1100000000), (14, (3, 11)));
        assert!(leaps[0b1110000000].is_unknown());
    }
}
