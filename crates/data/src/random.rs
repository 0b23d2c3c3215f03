//! Random numbers that depend on what they are for, not on when they are drawn.
//!
//! Every generator is keyed by (purpose, seed, epoch, index), so that any thread can draw for any
//! sample at any time with the same result. ChaCha8 is a counter-based generator with 2^64 streams
//! and an output fixed by its specification; the distributions are our own, because those of the
//! `rand` crate may change between releases, and a resumed run must not.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Keeps the numbers of one purpose apart from those of another with the same seed.
#[derive(Clone, Copy)]
enum Purpose {
    Order = 1,
    Augment = 2,
    Synthetic = 3,
    Mix = 4,
}

/// A random number generator for one sample of one epoch, or for one batch.
#[derive(Clone, Debug)]
pub struct SampleRng(ChaCha8Rng);

impl SampleRng {
    /// The generator of sample `index` (its number in the source, not in the epoch's order).
    pub fn for_sample(seed: u64, epoch: u64, index: u64) -> Self {
        Self::keyed(Purpose::Augment, seed, epoch, index)
    }

    /// The generator for what is drawn once for part `part` of the batch of optimizer step `step`.
    pub fn for_batch(seed: u64, step: u64, part: u64) -> Self {
        Self::keyed(Purpose::Mix, seed, step, part)
    }

    /// The generator of one of several appearances of sample `index` (below 2^32) in an epoch; the
    /// first, `repetition` 0, has that of [`for_sample`](Self::for_sample).
    pub fn for_repetition(seed: u64, epoch: u64, index: u64, repetition: u32) -> Self {
        Self::for_sample(seed, epoch, index | u64::from(repetition) << 32)
    }

    pub(crate) fn for_order(seed: u64, epoch: u64) -> Self {
        Self::keyed(Purpose::Order, seed, epoch, 0)
    }

    pub(crate) fn for_synthetic(seed: u64, index: u64) -> Self {
        Self::keyed(Purpose::Synthetic, seed, 0, index)
    }

    fn keyed(purpose: Purpose, seed: u64, epoch: u64, stream: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&epoch.to_le_bytes());
        key[16] = purpose as u8;
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(stream);
        Self(generator)
    }

    /// A number from `low` (inclusive) to `high` (exclusive), or `low` if they are equal.
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        // 53 bits fill an f64's mantissa exactly.
        let unit = (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        low + (high - low) * unit
    }

    /// A whole number from 0 to `bound - 1`, each equally likely; 0 if `bound` is 0.
    ///
    /// Source: Lemire, "Fast Random Integer Generation in an Interval", 2019.
    pub fn below(&mut self, bound: u64) -> u64 {
        let threshold = bound.wrapping_neg().checked_rem(bound).unwrap_or(0);
        loop {
            let product = u128::from(self.0.next_u64()) * u128::from(bound);
            // Low halves under the threshold are the surplus that would favour some results.
            if product as u64 >= threshold {
                return (product >> 64) as u64;
            }
        }
    }

    /// `true` with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform(0.0, 1.0) < p
    }

    pub(crate) fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }
}
