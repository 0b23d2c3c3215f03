//! What the next bits of a block mean, looked up in one step: as many as two coefficients, and the end of
//! the block behind them.

/// Bits that are looked at. Longer codes are rare.
pub(crate) const LOOK: u32 = 10;

/// Symbols by the next bits: the length of the code above the symbol; 0 where the code is longer.
pub(crate) type Symbols = [u16; 1 << LOOK];

/// What the next bits of a block mean: where the coefficients are, counted from the next one, and how many
/// bits they take. There are always two, of which the second may be a zero that nothing said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Step(u64);

impl Step {
    /// Added to the advance where the block ends.
    pub(crate) const END: u32 = 128;
    /// The advance where the first code is longer than what is looked at: beyond any block, without its end.
    const UNKNOWN: u32 = 64;

    /// Bits of everything, none if the first code is too long, below bits that do not matter.
    #[inline(always)]
    pub(crate) fn length(self) -> u32 {
        self.0 as u32
    }

    /// Bits before the first coefficient's value, and the bits of it, which need not lie in the table.
    #[inline(always)]
    pub(crate) fn first_value(self) -> (u32, u32) {
        ((self.0 >> 8) as u32 & 63, (self.0 >> 16) as u32 & 15)
    }

    /// Where the first coefficient is.
    #[inline(always)]
    pub(crate) fn first(self) -> u32 {
        u32::from((self.0 >> 24) as u8)
    }

    /// Where the second coefficient is.
    #[inline(always)]
    pub(crate) fn second(self) -> u32 {
        u32::from((self.0 >> 32) as u8)
    }

    /// How far to go on, and [`END`](Self::END) more at the end of the block.
    #[inline(always)]
    pub(crate) fn advance(self) -> u32 {
        u32::from((self.0 >> 40) as u8)
    }

    /// The second coefficient.
    #[inline(always)]
    pub(crate) fn second_value(self) -> i16 {
        (self.0 >> 48) as i16
    }

    /// What these bits mean.
    pub(crate) fn of(bits: u32, symbols: &Symbols) -> Self {
        let Some(first) = Symbol::at(bits, 0, symbols) else {
            return Self(u64::from(Self::UNKNOWN) << 40);
        };
        if first.is_end() {
            return Self::new(first, first.length, (0, 0), Self::END);
        }
        let (mut taken, mut advance) = (first.length + first.size, first.run + 1);
        let (mut second, mut value) = (advance, 0);
        let next = Symbol::within(bits, taken, symbols);
        if let Some(next) = next.filter(|next| !next.is_end()) {
            value = next.value(bits, taken);
            taken += next.length + next.size;
            second = advance + next.run;
            advance = second + 1;
        }
        if let Some(end) = Symbol::within(bits, taken, symbols).filter(|next| next.is_end()) {
            taken += end.length;
            advance += Self::END;
        }
        Self::new(first, taken, (second, value), advance)
    }

    /// The smallest bits that mean the same: the value of the first coefficient is not in the table.
    pub(crate) fn smallest_of_same(bits: u32, symbols: &Symbols) -> u32 {
        let value = Symbol::at(bits, 0, symbols).map_or(0, |first| {
            let behind = LOOK - first.length;
            (1 << behind) - (1 << behind.saturating_sub(first.size))
        });
        bits & !value
    }

    fn new(first: Symbol, length: u32, (second, value): (u32, i16), advance: u32) -> Self {
        let run = if first.is_end() { 0 } else { first.run };
        let fields =
            [length, first.length, first.size, run, second, advance].map(|field| field as u8);
        let [low, high] = value.to_le_bytes();
        let [a, b, c, d, e, f] = fields;
        Self(u64::from_le_bytes([a, b, c, d, e, f, low, high]))
    }
}

/// A symbol and the length of its code.
#[derive(Clone, Copy)]
struct Symbol {
    length: u32,
    run: u32,
    size: u32,
}

impl Symbol {
    /// The symbol behind `taken` bits, if its code lies within.
    fn at(bits: u32, taken: u32, symbols: &Symbols) -> Option<Self> {
        let entry = u32::from(symbols[(bits << taken) as usize & ((1 << LOOK) - 1)]);
        let symbol = Self { length: entry >> 8, run: entry >> 4 & 15, size: entry & 15 };
        (entry != 0 && taken + symbol.length <= LOOK).then_some(symbol)
    }

    /// The symbol behind `taken` bits, if its value lies within as well.
    fn within(bits: u32, taken: u32, symbols: &Symbols) -> Option<Self> {
        let symbol = (taken < LOOK).then(|| Self::at(bits, taken, symbols)).flatten();
        symbol.filter(|symbol| taken + symbol.length + symbol.size <= LOOK)
    }

    /// Whether the block ends here.
    fn is_end(self) -> bool {
        self.size == 0 && self.run < 15
    }

    /// The value of a symbol behind `taken` bits (T.81, F.2.2.1).
    fn value(self, bits: u32, taken: u32) -> i16 {
        let below = LOOK - taken - self.length - self.size;
        let number = (bits >> below & ((1 << self.size) - 1)).cast_signed();
        let negative = 2 * number < 1 << self.size;
        (if negative { number - (1 << self.size) + 1 } else { number }) as i16
    }
}
