//! `tf.HistogramProto`.
//!
//! Field numbers: `min` 1, `max` 2, `num` 3, `sum` 4, `sum_squares` 5, `bucket_limit` 6, `bucket`
//! 7. Bucket `i` counts values in `[bucket_limit[i - 1], bucket_limit[i])`.

use crate::Result;
use crate::wire::{Cursor, Field, Value, write};

/// A distribution of values in buckets.
///
/// ```
/// use tfrecord_codec::events::Histogram;
///
/// // Made from values with `Histogram::of`, or of buckets that were counted elsewhere:
/// let histogram = Histogram {
///     min: 0.0,
///     max: 9.0,
///     num: 3.0,
///     sum: 11.0,
///     sum_squares: 85.0,
///     limits: vec![5.0, 10.0],
///     counts: vec![2.0, 1.0],
/// };
/// assert_eq!(histogram.counts.iter().sum::<f64>(), histogram.num);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// The least value.
    pub min: f64,
    /// The greatest value.
    pub max: f64,
    /// The number of values.
    pub num: f64,
    /// The sum of the values.
    pub sum: f64,
    /// The sum of their squares.
    pub sum_squares: f64,
    /// The upper end of each bucket, ascending.
    pub limits: Vec<f64>,
    /// The number of values in each bucket.
    pub counts: Vec<f64>,
}

impl Histogram {
    /// Counts values into the buckets that TensorFlow uses: each limit is 1.1 times the one
    /// before, from 1e-12 to 1e20 on both sides of zero. Values that are not finite are left out.
    ///
    /// ```
    /// use tfrecord_codec::events::Histogram;
    ///
    /// let histogram = Histogram::of([-1.0, 0.5, 0.5, f32::NAN]);
    /// assert_eq!((histogram.min, histogram.max, histogram.num), (-1.0, 0.5, 3.0));
    /// assert_eq!(histogram.counts.iter().sum::<f64>(), 3.0);
    /// ```
    pub fn of(values: impl IntoIterator<Item = f32>) -> Self {
        let limits = exponential_limits();
        let mut counts = vec![0.0; limits.len()];
        let mut histogram = Self { min: f64::MAX, max: f64::MIN, ..Self::default() };
        for value in values.into_iter().filter(|value| value.is_finite()).map(f64::from) {
            let bucket = limits.partition_point(|limit| *limit <= value);
            counts[bucket.min(limits.len() - 1)] += 1.0;
            histogram.add(value);
        }
        if histogram.num == 0.0 {
            return Self::default();
        }
        histogram.keep_used(&limits, &counts);
        histogram
    }

    fn add(&mut self, value: f64) {
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.num += 1.0;
        self.sum += value;
        self.sum_squares += value * value;
    }

    /// Keeps the used buckets and, before each run of them, the empty one that says where the
    /// run starts.
    fn keep_used(&mut self, limits: &[f64], counts: &[f64]) {
        for (n, (limit, count)) in limits.iter().zip(counts).enumerate() {
            let starts_run = counts.get(n + 1).is_some_and(|next| *next > 0.0);
            if *count > 0.0 || starts_run {
                self.limits.push(*limit);
                self.counts.push(*count);
            }
        }
    }

    pub(super) fn parse(mut message: Cursor<'_>) -> Result<Self> {
        let mut histogram = Self::default();
        while let Some(field) = message.next_field()? {
            match field.number {
                1 => histogram.min = field.f64()?,
                2 => histogram.max = field.f64()?,
                3 => histogram.num = field.f64()?,
                4 => histogram.sum = field.f64()?,
                5 => histogram.sum_squares = field.f64()?,
                6 => doubles(&mut histogram.limits, field)?,
                7 => doubles(&mut histogram.counts, field)?,
                _ => {}
            }
        }
        Ok(histogram)
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        write::f64_field(out, 1, self.min);
        write::f64_field(out, 2, self.max);
        write::f64_field(out, 3, self.num);
        write::f64_field(out, 4, self.sum);
        write::f64_field(out, 5, self.sum_squares);
        write::f64_list(out, 6, &self.limits);
        write::f64_list(out, 7, &self.counts);
    }
}

/// The buckets of TensorFlow's `InitDefaultBucketsInner`, in `core/lib/histogram/histogram.cc`.
fn exponential_limits() -> Vec<f64> {
    let above = std::iter::successors(Some(1e-12), |limit| Some(limit * 1.1));
    let mut positive: Vec<f64> = above.take_while(|limit| *limit < 1e20).collect();
    positive.push(f64::MAX);
    let negative = positive.iter().rev().map(|limit| -limit);
    negative.chain([0.0]).chain(positive.iter().copied()).collect()
}

/// A list of doubles, packed or not.
fn doubles(list: &mut Vec<f64>, field: Field<'_>) -> Result<()> {
    match field.value {
        Value::Bytes(mut packed) => {
            while !packed.is_empty() {
                list.push(f64::from_le_bytes(packed.array()?));
            }
        }
        _ => list.push(field.f64()?),
    }
    Ok(())
}
