//! A small map that keeps the order of arrival and allocates only when it is large.

/// Entries kept without allocation: the ImageNet schema has 11 to 16.
const INLINE: usize = 16;

/// A name, known to be text, and a value.
type Entry<'a, T> = (&'a [u8], T);

/// Names and values. Names may repeat; the last one counts.
#[derive(Clone, Debug)]
pub(super) struct Table<'a, T> {
    /// The first entries, unless `spilled` is in use.
    inline: [Entry<'a, T>; INLINE],
    len: usize,
    /// All entries once there are more than fit inline; sorted and without repeats after
    /// [`finish`](Table::finish), because a search from name to name would let an input make
    /// it quadratic.
    spilled: Vec<Entry<'a, T>>,
}

impl<T: Default> Default for Table<'_, T> {
    fn default() -> Self {
        let inline = std::array::from_fn(|_| (&[][..], T::default()));
        Self { inline, len: 0, spilled: Vec::new() }
    }
}

impl<'a, T: Default> Table<'a, T> {
    pub(super) fn push(&mut self, name: &'a [u8], value: T) {
        if self.len < INLINE && self.spilled.is_empty() {
            self.inline[self.len] = (name, value);
            self.len += 1;
            return;
        }
        if self.spilled.is_empty() {
            self.spilled.reserve(4 * INLINE);
            self.spilled.extend(self.inline.iter_mut().map(std::mem::take));
        }
        self.spilled.push((name, value));
    }

    /// Call it after the last `push` and before any search.
    pub(super) fn finish(&mut self) {
        if !self.spilled.is_empty() {
            // Stable, so that among equal names the last stays last; `dedup` keeps the first.
            self.spilled.sort_by_key(|(name, _)| *name);
            self.spilled.reverse();
            self.spilled.dedup_by(|(a, _), (b, _)| a == b);
            self.spilled.reverse();
        }
    }

    #[inline]
    pub(super) fn get(&self, name: &str) -> Option<&T> {
        if self.spilled.is_empty() {
            let found =
                self.inline[..self.len].iter().rev().find(|(key, _)| *key == name.as_bytes());
            return found.map(|(_, value)| value);
        }
        let at = self.spilled.binary_search_by(|(key, _)| (*key).cmp(name.as_bytes())).ok()?;
        Some(&self.spilled[at].1)
    }

    /// The entries that count, in the order of their names.
    pub(super) fn sorted(&self) -> impl Iterator<Item = (&'a str, &T)> {
        let stored = if self.spilled.is_empty() { &self.inline[..self.len] } else { &self.spilled };
        let mut entries: Vec<_> = stored.iter().rev().map(|(name, value)| (*name, value)).collect();
        entries.sort_by_key(|(name, _)| *name);
        entries.dedup_by_key(|(name, _)| *name);
        // Checked when it was read.
        entries.into_iter().map(|(name, value)| (std::str::from_utf8(name).unwrap_or(""), value))
    }
}
