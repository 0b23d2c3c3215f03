//! Sums over the pixels of every channel of `[pixels, channels]`.

/// Rows that are summed in 32 bits before they go to 64.
const ROWS: usize = 64;

/// Numbers of one task: whole pixels. There are as many tasks as threads, so that the order of the sums
/// depends on their number alone.
pub(crate) fn share(length: usize, channels: usize) -> usize {
    let pixels = length / channels.max(1);
    pixels.div_ceil(rayon::current_num_threads()).max(1) * channels.max(1)
}

/// Two sums of each channel.
#[derive(Debug)]
pub(crate) struct Sums {
    first: Vec<f32>,
    second: Vec<f32>,
    rows: usize,
    totals: Vec<(f64, f64)>,
}

impl Sums {
    #[inline(always)]
    pub(crate) fn new(channels: usize) -> Self {
        let zeros = || vec![0.0; channels];
        Self { first: zeros(), second: zeros(), rows: 0, totals: vec![(0.0, 0.0); channels] }
    }

    /// Both sums of every channel, to which one pixel is added.
    #[inline(always)]
    pub(crate) fn row(&mut self) -> (&mut [f32], &mut [f32]) {
        if self.rows == ROWS {
            self.rows = 0;
            let sums = self.first.iter_mut().zip(&mut self.second);
            for (total, (first, second)) in self.totals.iter_mut().zip(sums) {
                total.0 += f64::from(std::mem::take(first));
                total.1 += f64::from(std::mem::take(second));
            }
        }
        self.rows += 1;
        (&mut self.first, &mut self.second)
    }
}

/// The sums of all tasks together.
pub(crate) fn total(channels: usize, tasks: &[Sums]) -> Vec<(f64, f64)> {
    let mut totals = vec![(0.0, 0.0); channels];
    for Sums { first, second, totals: sums, .. } in tasks {
        for (channel, total) in totals.iter_mut().enumerate() {
            total.0 += sums[channel].0 + f64::from(first[channel]);
            total.1 += sums[channel].1 + f64::from(second[channel]);
        }
    }
    totals
}
